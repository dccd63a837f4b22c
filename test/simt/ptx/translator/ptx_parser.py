# SPDX-License-Identifier: MIT
"""Reads PTX text, as nvcc writes it, into the classes below.

Everything is read and nothing is skipped: a directive, a declaration or a punctuation that is not
known here is a PtxError with its file and line. What an opcode means is not decided here
(instructions.py), only how a statement is built: predicate, opcode, operands.
"""

import re
from dataclasses import dataclass, field


class PtxError(Exception):
    """Text that cannot be translated: where it stands and why."""

    def __init__(self, file, line, problem):
        super().__init__(f'{file}:{line}: {problem}')


# --- operands --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Word:
    """A register, symbol or number; for a symbol with a displacement, offset is not 0."""
    text: str
    offset: int = 0


@dataclass(frozen=True)
class Address:
    """[base + offset]"""
    base: str
    offset: int


@dataclass(frozen=True)
class Tuple:
    """{a, b, ...}: a vector, or (a, b, ...): the argument list of a call."""
    items: tuple


@dataclass(frozen=True)
class Pair:
    """a|p: a destination with a predicate destination beside it; '_' stands for no destination."""
    first: str
    second: str


@dataclass(frozen=True)
class Not:
    """!p"""
    text: str


# --- statements ------------------------------------------------------------------------------------
@dataclass
class Instruction:
    line: int
    location: tuple  # (source file, line) of the last .loc, or None
    predicate: str  # register, or ''
    negated: bool
    opcode: str  # with its modifiers, for example 'ld.global.nc.v4.f32'
    operands: list


@dataclass
class Label:
    line: int
    name: str


@dataclass
class BranchTargets:
    line: int
    name: str
    targets: list


@dataclass
class Scope:
    """A brace: opens True or False."""
    line: int
    opens: bool


@dataclass
class Registers:
    line: int
    type: str
    names: list  # of (name, count); count is None for a single register


@dataclass
class Variable:
    line: int
    space: str  # shared, local, param, global, const
    type: str
    align: int
    name: str
    count: int  # elements; 0 for an extern array of unknown size
    initial: list = field(default_factory=list)
    external: bool = False


@dataclass
class Function:
    line: int
    name: str
    entry: bool
    visible: bool
    results: list
    params: list
    max_threads: int  # of .maxntid or .reqntid, 0 if there is none
    body: list  # None for a declaration


@dataclass
class Module:
    file: str
    version: str = ''
    target: str = ''
    variables: list = field(default_factory=list)
    functions: list = field(default_factory=list)


TYPE_BYTES = {
    'u8': 1, 's8': 1, 'b8': 1, 'u16': 2, 's16': 2, 'b16': 2, 'f16': 2, 'bf16': 2,
    'u32': 4, 's32': 4, 'b32': 4, 'f32': 4, 'f16x2': 4, 'tf32': 4,
    'u64': 8, 's64': 8, 'b64': 8, 'f64': 8, 'pred': 1,
}
_SPACES = ('global', 'const', 'shared', 'local', 'param')
_LINKAGE = ('.visible', '.extern', '.weak', '.common')
_TOKEN = re.compile(r'''
    (?P<blank> \s+ | //[^\n]* | /\*.*?\*/ )
  | (?P<text> "[^"]*" )
  | (?P<word> [%$._\w] [\w$.%]* (?: :: \w [\w.]* )* )
  | (?P<mark> [()\[\]{},;:@!|+=<>-] )''', re.X | re.S)


def integer(text):
    """The value of a PTX integer literal, or None if the text is not one."""
    if re.fullmatch(r'-?(0[xX][0-9a-fA-F]+|\d+)U?', text):
        sign, digits = (-1, text[1:]) if text[0] == '-' else (1, text)
        digits = digits.rstrip('U')
        octal = re.fullmatch(r'0[0-7]+', digits)
        return sign * (int(digits, 8) if octal else int(digits, 0))
    return None


class Parser:
    def __init__(self, text, file):
        self.file = file
        self.tokens = []
        self.at = 0
        self.files = {}
        self.location = None
        line, position = 1, 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise PtxError(file, line, f'cannot read {text[position:position + 20]!r}')
            if match.lastgroup != 'blank':
                self.tokens.append((match.group(), line))
            line += match.group().count('\n')
            position = match.end()
        # .file directives may come after their use.
        for i, (token, _) in enumerate(self.tokens[:-2]):
            if token == '.file':
                self.files[self.tokens[i + 1][0]] = self.tokens[i + 2][0].strip('"')

    # --- token level ---
    def peek(self, ahead=0):
        return self.tokens[self.at + ahead][0] if self.at + ahead < len(self.tokens) else ''

    def line(self):
        return self.tokens[min(self.at, len(self.tokens) - 1)][1] if self.tokens else 1

    def fail(self, problem):
        raise PtxError(self.file, self.line(), problem)

    def next(self):
        if self.at >= len(self.tokens):
            self.fail('the text ends in the middle of a statement')
        self.at += 1
        return self.tokens[self.at - 1][0]

    def expect(self, *texts):
        for text in texts:
            if self.peek() != text:
                self.fail(f'expected {text!r}, found {self.peek()!r}')
            self.at += 1

    def accept(self, text):
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def number(self):
        text = ('-' if self.accept('-') else '') + self.next()
        value = integer(text)
        if value is None:
            self.fail(f'expected an integer, found {text!r}')
        return value

    # --- module level ---
    def module(self):
        module = Module(self.file)
        while self.at < len(self.tokens):
            token = self.peek()
            if token == '.version':
                self.next()
                module.version = self.next()
            elif token == '.target':
                self.next()
                module.target = self.next()
                while self.accept(','):
                    self.next()
            elif token == '.address_size':
                self.next()
                if self.number() != 64:
                    self.fail('only 64-bit addresses are translated')
            elif token == '.file':
                self.file_directive()
            elif token == '.loc':
                self.loc()
            elif token == '.section':
                self.debug_section()
            else:
                self.module_item(module)
        return module

    def module_item(self, module):
        linkage = set()
        while self.peek() in _LINKAGE:
            linkage.add(self.next())
        token = self.peek()
        if token in ('.entry', '.func'):
            module.functions.append(self.function(linkage))
        elif token.lstrip('.') in _SPACES and token.startswith('.'):
            variable = self.variable()
            variable.external = '.extern' in linkage
            self.expect(';')
            module.variables.append(variable)
        else:
            self.fail(f'unknown directive {token!r}')

    def file_directive(self):
        self.expect('.file')
        self.number()
        self.next()
        while self.accept(','):
            self.number()

    def loc(self):
        self.expect('.loc')
        index = self.next()
        self.location = (self.files.get(index, self.file), self.number())
        self.number()
        while self.accept(','):  # function_name <symbol>[+offset], inlined_at <file> <line> <column>
            attribute = self.next()
            if attribute == 'function_name':
                self.next()
                if self.accept('+'):
                    self.number()
            elif attribute == 'inlined_at':
                for _ in range(3):
                    self.number()
            else:
                self.fail(f'unknown .loc attribute {attribute!r}')

    def debug_section(self):
        self.expect('.section')
        if not self.peek().startswith('.debug'):
            self.fail(f'unknown section {self.peek()!r}')
        self.next()
        self.expect('{')
        while not self.accept('}'):
            self.next()

    def variable(self):
        """From the state space to the name, size and initial value, without the semicolon."""
        line, space = self.line(), self.next()[1:]
        align, kind = 0, ''
        while self.peek().startswith('.'):
            attribute = self.next()[1:]
            if attribute == 'align':
                align = self.number()
            elif attribute in TYPE_BYTES:
                kind = attribute
            elif attribute == 'ptr' or (attribute in _SPACES and space == 'param'):
                pass  # what a pointer argument points to
            else:
                self.fail(f'unknown attribute .{attribute} of a variable')
        # ".ptr .align 1" says how the pointee is aligned, not the argument.
        name = self.next()
        count = 1
        while self.accept('['):
            count *= 0 if self.peek() == ']' else self.number()
            self.expect(']')
        if not kind:
            self.fail(f'variable {name} has no type')
        initial = self.initial() if self.accept('=') else []
        return Variable(line, space, kind, max(align, TYPE_BYTES[kind]), name, count, initial)

    def initial(self):
        values = []
        depth = 0
        while True:
            token = self.next()
            if token == '{':
                depth += 1
            elif token == '}':
                depth -= 1
            elif token != ',':
                text = '-' + self.next() if token == '-' else token
                if integer(text) is None and not re.fullmatch(r'0[fFdD][0-9a-fA-F]+', text):
                    self.fail(f'initial value {text!r} is not a number')
                values.append(text)
            if depth == 0:
                return values

    def params(self):
        self.expect('(')
        found = []
        while not self.accept(')'):
            if self.peek() != '.param':
                self.fail(f'expected a .param, found {self.peek()!r}')
            found.append(self.variable())
            self.accept(',')
        return found

    def function(self, linkage):
        entry = self.next() == '.entry'
        results = self.params() if self.peek() == '(' else []
        line, name = self.line(), self.next()
        function = Function(line, name, entry, bool(linkage & {'.visible', '.weak'}), results,
                            self.params() if self.peek() == '(' else [], 0, None)
        while self.peek() not in ('{', ';'):
            directive = self.next()
            if directive in ('.maxntid', '.reqntid'):
                function.max_threads = self.number()
                while self.accept(','):
                    function.max_threads *= self.number()
            elif directive in ('.minnctapersm', '.maxnreg'):
                self.number()
            elif directive == '.pragma':
                self.next()
                self.expect(';')
            elif directive != '.noreturn':
                self.fail(f'unknown directive {directive!r} of function {name}')
        if not self.accept(';'):
            function.body = self.body()
        return function

    # --- statement level ---
    def body(self):
        self.expect('{')
        body, depth = [], 1
        while True:
            token, line = self.peek(), self.line()
            if token in ('{', '}'):
                self.next()
                depth += 1 if token == '{' else -1
                if depth == 0:
                    return body
                body.append(Scope(line, token == '{'))
            elif token == '.loc':
                self.loc()
            elif token == '.pragma':
                self.next()
                # The second says which bytes of the load that follows are used.
                if not re.fullmatch('"(nounroll|used_bytes_mask \\d+)"', self.next()):
                    self.at -= 1
                    self.fail(f'unknown pragma {self.peek()}')
                self.expect(';')
            elif token == '.reg':
                body.append(self.registers())
            elif token.startswith('.') and token[1:] in _SPACES:
                body.append(self.variable())
                self.expect(';')
            elif token.startswith('.'):
                self.fail(f'unknown directive {token!r}')
            elif self.peek(1) == ':':
                body.append(self.label())
            elif token == ';':
                self.next()  # inline assembly may leave an empty statement
            else:
                body.append(self.instruction())

    def registers(self):
        line = self.line()
        self.expect('.reg')
        kind = self.next()[1:]
        if kind not in TYPE_BYTES:
            self.fail(f'unknown register type .{kind}')
        names = []
        while True:
            name, count = self.next(), None
            if self.accept('<'):
                count = self.number()
                self.expect('>')
            names.append((name, count))
            if self.accept(';'):
                return Registers(line, kind, names)
            self.expect(',')

    def label(self):
        line, name = self.line(), self.next()
        self.expect(':')
        if not self.accept('.branchtargets'):
            return Label(line, name)
        targets = [self.next()]
        while self.accept(','):
            targets.append(self.next())
        self.expect(';')
        return BranchTargets(line, name, targets)

    def instruction(self):
        line, predicate, negated = self.line(), '', False
        if self.accept('@'):
            negated = self.accept('!')
            predicate = self.next()
        opcode, operands = self.next(), []
        while not self.accept(';'):
            if operands:
                self.expect(',')
            operands.append(self.operand())
        return Instruction(line, self.location, predicate, negated, opcode, operands)

    def operand(self):
        token = self.next()
        if token in '{(':
            items = []
            while not self.accept('}' if token == '{' else ')'):
                items.append(self.operand())
                self.accept(',')
            return Tuple(tuple(items))
        if token == '[':
            base = ('-' if self.accept('-') else '') + self.next()
            offset = self.displacement()
            self.expect(']')
            return Address(base, offset)
        if token == '!':
            return Not(self.next())
        if token == '-':
            return Word('-' + self.next())
        if self.accept('|'):
            return Pair(token, self.next())
        return Word(token, self.displacement())

    def displacement(self):
        if self.accept('+'):
            return self.number()
        return self.number() if self.peek() == '-' else 0


def parse(text, file):
    return Parser(text, file).module()
