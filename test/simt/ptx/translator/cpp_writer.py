# SPDX-License-Identifier: MIT
"""Writes a parsed PTX module as one C++ file over test/simt/ptx/runtime.

One PTX instruction becomes one statement, a register a variable of raw bits, a label a label. Shared
addresses are offsets into the block's arena, global and generic addresses are host addresses. Straight
stretches of code are numbered and each run of one is counted, so that instruction counts cost one
increment a stretch.
"""

import re

from instructions import Refused, cpp, translate
from ptx_parser import (Address, BranchTargets, Instruction, Label, Not, PtxError, Registers, Scope,
                        TYPE_BYTES, Tuple, Variable, Word, integer)

SPECIAL_REGISTERS = {
    **{f'%{ptx}.{axis}': f't.{field}.{axis}' for axis in 'xyz' for ptx, field in (
        ('tid', 'thread_index'), ('ntid', 'block_size'), ('ctaid', 'block_index'),
        ('nctaid', 'grid_size'))},
    '%cluster_ctarank': 't.cluster_rank()', '%cluster_nctarank': 't.cluster_size()',
    '%laneid': 't.lane', '%lanemask_eq': '(1u << t.lane)', '%lanemask_lt': '((1u << t.lane) - 1)',
    '%lanemask_le': '((2u << t.lane) - 1)', '%lanemask_gt': '~((2u << t.lane) - 1)',
    '%lanemask_ge': '~((1u << t.lane) - 1)', 'WARP_SZ': '32u',
}


def identifier(name, scope=0):
    """A C++ name for a PTX name; names of inner scopes get the scope's number."""
    return 'v' + (str(scope) if scope else '') + '_' + re.sub(r'[^\w]', '_', name.lstrip('%'))


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


class FunctionWriter:
    """Writes one function. The public methods are what instructions.py builds statements from."""

    def __init__(self, module, function):
        self.module = module
        self.function = function
        self.scopes = [{}]  # names of each scope, outermost first, as (kind, C++ name, type)
        self.open = [0]  # the chain of scopes around the current statement
        self.declarations = []
        self.statements = []
        self.stretches = []  # a dictionary class -> count for each
        self.current = None  # the instruction being written

    # --- names ---
    def lookup(self, name):
        for scope in reversed(self.open):
            if name in self.scopes[scope]:
                return self.scopes[scope][name]
        found = self.module.symbols.get(name)
        if found and found[0] == 'shared':  # a module's shared variable: find its address once
            self.declare(0, name, 'shared', '', f'const u32 {{}} = {found[1]};')
            return self.scopes[0][name]
        return found

    def declare(self, scope, name, kind, type_, text):
        self.scopes[scope][name] = (kind, identifier(name, scope), type_)
        self.declarations.append(text.format(identifier(name, scope)))

    def collect(self):
        """Declares everything before the first statement, because goto must not pass a declaration."""
        scope, chain = 0, [0]
        for item in self.function.body:
            if isinstance(item, Scope) and item.opens:
                self.scopes.append({})
                scope = len(self.scopes) - 1
                chain.append(scope)
            elif isinstance(item, Scope):
                chain.pop()
                scope = chain[-1]
            elif isinstance(item, Registers):
                self.declare_registers(scope, item)
            elif isinstance(item, Variable):
                self.declare_variable(scope, item)
            elif isinstance(item, Label):
                self.scopes[scope][item.name] = ('label', 'l' + identifier(item.name, scope), '')
            elif isinstance(item, BranchTargets):
                self.scopes[scope][item.name] = ('targets', item.targets, '')

    def declare_registers(self, scope, item):
        kind = 'bool' if item.type == 'pred' else 'u' + str(8 * TYPE_BYTES[item.type])
        for name, count in item.names:
            names = [name] if count is None else [f'{name}{i}' for i in range(count)]
            for each in names:
                self.scopes[scope][each] = ('register', identifier(each, scope), item.type)
            for first in range(0, len(names), 16):
                group = ', '.join(f'{identifier(x, scope)} = 0' for x in names[first:first + 16])
                self.declarations.append(f'[[maybe_unused]] {kind} {group};')

    def declare_variable(self, scope, item):
        size = item.count * TYPE_BYTES[item.type]
        if item.space == 'shared':
            self.declarations.append(f'static constinit char tag_{identifier(item.name, scope)} = 0;')
            self.declare(scope, item.name, 'shared', '',
                         f'const u32 {{}} = t.shared_variable(&tag_{identifier(item.name, scope)}, '
                         f'{quoted(item.name)}, {size}, {item.align});')
        elif item.space in ('local', 'param'):
            self.declare(scope, item.name, item.space, '',
                         f'alignas({item.align}) [[maybe_unused]] unsigned char {{}}[{size}];')
        else:
            raise PtxError(self.module.file, item.line, f'.{item.space} inside a function')

    # --- operands, for instructions.py ---
    def value(self, operand, kind):
        """The operand as a C++ expression of an instruction's type."""
        if isinstance(operand, Not):
            if kind != 'pred':
                raise Refused(f'!{operand.text} as .{kind}')
            return '!' + self.value(Word(operand.text), 'pred')
        if not isinstance(operand, Word):
            raise Refused('a plain operand is needed')
        text = operand.text
        if text in SPECIAL_REGISTERS:
            return f'{cpp(kind)}{{{SPECIAL_REGISTERS[text]}}}'
        found = self.lookup(text)
        if found:
            return self.symbol_value(operand, found, kind)
        return self.literal(text, kind)

    def symbol_value(self, operand, found, kind):
        what, name, register_type = found
        if what == 'register':
            if (register_type == 'pred') != (kind == 'pred'):
                raise Refused(f'{operand.text} as .{kind}')
            if kind != 'pred' and TYPE_BYTES[register_type] < TYPE_BYTES[kind]:
                raise Refused(f'{operand.text} is too narrow for .{kind}')
            return name if kind == 'pred' else f'get<{cpp(kind)}>({name})'
        if what == 'shared':
            return f'static_cast<{cpp(kind)}>({name} + {operand.offset})'
        if what in ('local', 'global', 'parameter') and cpp(kind) == 'u64':
            return f'(reinterpret_cast<u64>({name}) + {operand.offset})'
        raise Refused(f'{operand.text} as .{kind}')

    def literal(self, text, kind):
        bits = re.fullmatch(r'0[fF]([0-9a-fA-F]{8})|0[dD]([0-9a-fA-F]{16})', text)
        if bits:
            raw = f'0x{bits[1]}u' if bits[1] else f'0x{bits[2]}ull'
            if kind not in (('f32', 'b32', 'u32') if bits[1] else ('f64', 'b64', 'u64')):
                raise Refused(f'{text} as .{kind}')
            return f'get<{cpp(kind)}>({raw})'
        number = integer(text)
        if number is None:
            raise Refused(f'unknown operand {text}')
        if kind == 'pred':
            return 'true' if number else 'false'
        if kind in ('f32', 'f64', 'f16', 'bf16'):
            raise Refused(f'the integer {text} as .{kind}')
        return f'static_cast<{cpp(kind)}>({number % 2**64}ull)'

    def assign(self, operand, kind, expression):
        if not isinstance(operand, Word):
            raise Refused('a register is needed as destination')
        if operand.text == '_':
            return f'(void)({expression});'
        found = self.lookup(operand.text)
        if not found or found[0] != 'register':
            raise Refused(f'{operand.text} is not a register')
        _, name, register_type = found
        if (register_type == 'pred') != (kind == 'pred'):
            raise Refused(f'{operand.text} as .{kind}')
        if kind == 'pred':
            return f'{name} = {expression};'
        if TYPE_BYTES[register_type] < TYPE_BYTES[kind]:
            raise Refused(f'{operand.text} is too narrow for .{kind}')
        return f'put({name}, {expression});'

    def address(self, operand, space):
        """A char* to the operand of a load or store."""
        if not isinstance(operand, Address):
            raise Refused('an address is needed')
        found, offset = self.lookup(operand.base), operand.offset
        if found is None:
            raise Refused(f'unknown address {operand.base}')
        what, name, register_type = found
        if what == 'register':
            if register_type not in ('b32', 'u32', 's32', 'b64', 'u64', 's64'):
                raise Refused(f'address in a .{register_type} register')
            if space == 'cluster':
                if TYPE_BYTES[register_type] != 4:
                    raise Refused('a 64-bit address of .shared::cluster')
                return f't.cluster_address({name} + static_cast<u32>({offset}))'
            if space == 'shared':
                width = 'u32' if TYPE_BYTES[register_type] == 4 else 'u64'
                return f't.shared_address(static_cast<{width}>({name} + static_cast<{width}>({offset})))'
            if TYPE_BYTES[register_type] != 8:
                raise Refused('a 32-bit address outside shared memory')
            return f'reinterpret_cast<char*>({name} + static_cast<u64>({offset}))'
        matches = {'shared': ('shared',), 'param': ('param', 'parameter', 'argument'),
                   'local': ('local',), 'global': ('global',), 'const': ('global',)}
        if what not in matches.get(space, ()):
            raise Refused(f'{operand.base} is not in .{space or "generic"} memory')
        if space == 'shared':
            return f't.shared_address({name} + static_cast<u32>({offset}))'
        if what == 'parameter':
            return f'(static_cast<const char*>({name}) + {offset})'
        return f'(reinterpret_cast<char*>({name}) + {offset})'

    def label(self, operand):
        found = self.lookup(operand.text) if isinstance(operand, Word) else None
        if not found or found[0] != 'label':
            raise Refused('a label of this function is needed')
        return found[1]

    def branch_targets(self, operand):
        found = self.lookup(operand.text) if isinstance(operand, Word) else None
        if not found or found[0] != 'targets':
            raise Refused('a .branchtargets list is needed')
        return [self.label(Word(x)) for x in found[1]]

    def whole_block_barrier(self, operand):
        if operand != Word('0'):
            raise Refused('only barrier 0 is translated')

    def place(self):
        """File and line for reports: the kernel's source if nvcc noted it, else the PTX."""
        location = self.current.location
        if location is None or location[1] == 0:  # line 0 is nvcc's for code of no line in particular
            return self.module.file, self.current.line
        return location

    def collective(self):
        file, line = self.place()
        return f'Site{{{quoted(file)}, {line}}}'

    def site(self, space, kind, width):
        return self.module.site(self.place(), space, kind, width)

    def call(self, name, results, arguments):
        callee = self.module.functions.get(name)
        if callee is None or callee.body is None:
            raise Refused(f'{name} is not defined in this module')
        if len(results) != len(callee.results) or len(arguments) != len(callee.params):
            raise Refused(f'{name} has other parameters')
        values = []
        for x in (*results, *arguments):
            found = self.lookup(x.text) if isinstance(x, Word) else None
            if not found or found[0] not in ('param', 'argument'):
                raise Refused('arguments are passed in .param variables')
            values.append(found[1])
        return f'function_{self.module.index[name]}({", ".join(["t", *values])});'

    # --- the function ---
    def write(self):
        function = self.function
        for i, parameter in enumerate((*function.results, *function.params)):
            name = f'arguments[{i}]' if function.entry else identifier(parameter.name)
            self.scopes[0][parameter.name] = ('parameter' if function.entry else 'argument', name, '')
        self.collect()
        self.begin_stretch()
        scope = 0
        for item in function.body:
            if isinstance(item, Scope):
                if item.opens:
                    scope += 1
                    self.open.append(scope)
                else:
                    self.open.pop()
            elif isinstance(item, Label):
                self.statements.append(f'{self.lookup(item.name)[1]}: __attribute__((unused));')
                self.begin_stretch()
            elif isinstance(item, Instruction):
                self.instruction(item)

    def begin_stretch(self):
        self.statements.append(f't.enter(first + {len(self.stretches)});')
        self.stretches.append({})

    def instruction(self, item):
        self.current = item
        try:
            statement, kind = translate(item, self)
            if item.predicate:
                guard = self.value(Word(item.predicate), 'pred')
                statement = f'if ({"!" if item.negated else ""}{guard}) {{ {statement} }}'
            elif ';' in statement.rstrip(';'):
                statement = f'{{ {statement} }}'
        except Refused as refused:
            raise PtxError(self.module.file, item.line,
                           f'cannot translate "{self.module.line(item.line)}": {refused}') from None
        file, line = self.place()
        self.statements.append(f'#line {line} {quoted(file)}')
        self.statements.append(statement)
        counts = self.stretches[-1]
        counts[kind] = counts.get(kind, 0) + 1
        if kind == 'branch' and not item.opcode.startswith('call'):
            self.begin_stretch()

    def text(self):
        index = self.module.index[self.function.name]
        if self.function.entry:
            head = [f'void entry_{index}([[maybe_unused]] const void* const* const arguments) {{',
                    f'u32 executions[kStretches_{index}] = {{}};',
                    f'Thread t(kernel_{index}, executions);',
                    'constexpr u32 first = 0;']
        else:
            parameters = ''.join(f', [[maybe_unused]] unsigned char* {identifier(p.name)}'
                                 for p in (*self.function.results, *self.function.params))
            head = [f'void function_{index}(Thread& t{parameters}) {{',
                    f'const u32 first = t.first_stretch({index});']
        head += ['[[maybe_unused]] char* const shared = t.shared;',
                 '[[maybe_unused]] u32 carry = 0, no_carry = 0;']
        return [*head, *self.declarations, *self.statements, '}']


class ModuleWriter:
    def __init__(self, module, source):
        self.file = module.file
        self.source = source.splitlines()
        self.parsed = module
        self.functions = {f.name: f for f in module.functions if f.body is not None}
        self.index = {name: i for i, name in enumerate(self.functions)}
        self.symbols = {}
        self.sites = []
        self.dynamic = []
        self.variables = []
        for variable in module.variables:
            self.declare(variable)

    def line(self, number):
        return self.source[number - 1].strip()

    def mentioned(self, variable):
        """Whether any line but its declaration names the variable."""
        name = re.compile(rf'(?<![\w$]){re.escape(variable.name)}(?![\w$])')
        return any(name.search(line.split('//')[0]) for number, line in enumerate(self.source, 1)
                   if number != variable.line)

    def declare(self, variable):
        name = identifier(variable.name)
        size = variable.count * TYPE_BYTES[variable.type]
        if variable.space == 'shared':
            if variable.external:
                self.symbols[variable.name] = ('shared', 't.dynamic_shared()', '')
                return
            self.variables.append(f'constinit char tag_{name} = 0;')
            self.symbols[variable.name] = (
                'shared', f't.shared_variable(&tag_{name}, {quoted(variable.name)}, {size}, '
                          f'{variable.align})', '')
        elif variable.space in ('global', 'const'):
            if variable.external:
                raise PtxError(self.file, variable.line, f'{variable.name} is defined elsewhere')
            kind = 'u' + str(8 * TYPE_BYTES[variable.type])
            values = ', '.join(self.initial(x, variable) for x in variable.initial)
            # Library headers (CUB's) declare function objects that nothing reads.
            if not variable.initial and not self.mentioned(variable):
                return
            # Kernels keep no state in a module's variables, where it would outlive a launch unseen.
            if not variable.initial:
                raise PtxError(self.file, variable.line, f'{variable.name} is a device variable; '
                                                         'pass device memory instead')
            self.variables.append(f'alignas({variable.align}) const {kind} '
                                  f'{name}[{variable.count}] = {{{values}}};')
            self.symbols[variable.name] = ('global', f'const_cast<{kind}*>({name})', '')
        else:
            raise PtxError(self.file, variable.line, f'.{variable.space} outside a function')

    def initial(self, text, variable):
        number = integer(text)
        if number is None:
            return f'0x{text[2:]}' + ('ull' if text[1] in 'dD' else 'u')
        return str(number % 256**TYPE_BYTES[variable.type])

    def site(self, place, space, kind, width):
        self.sites.append((place, space, kind, width))
        return len(self.sites) - 1

    def callees(self, function):
        """Names of the device functions that a function reaches, itself first."""
        found = [function.name]
        for name in found:
            for item in self.functions[name].body:
                if isinstance(item, Instruction) and item.opcode.startswith('call'):
                    words = [x.text for x in item.operands if isinstance(x, Word)]
                    found += [x for x in words if x in self.functions and x not in found]
        return found

    def text(self):
        entries = [f for f in self.functions.values() if f.entry]
        for f in entries:
            if not f.visible:
                raise PtxError(self.file, f.line, f'kernel {f.name} is in an anonymous namespace; '
                                                  'name the namespace, so that it can be found')
        writers = {}
        for name, function in self.functions.items():
            writers[name] = FunctionWriter(self, function)
            writers[name].write()
        out = ['// Translated from PTX by test/simt/ptx/translator.',
               '#include "test/simt/ptx/runtime/translated.hpp"', '']
        out += [f'extern "C" void {f.name}() __attribute__((weak));' for f in entries]
        out += ['namespace {', 'using namespace fusemd::ptx;', *self.variables]
        for f in self.functions.values():
            if not f.entry:
                parameters = ''.join(', unsigned char*' for _ in (*f.results, *f.params))
                out.append(f'void function_{self.index[f.name]}(Thread& t{parameters});')
            else:
                out.append(f'void entry_{self.index[f.name]}(const void* const*);')
        out += self.tables(entries, writers)
        for writer in writers.values():
            out += writer.text()
        out += [f'#line {len(out) + 2} "translated"',
                'const Registration registration({',
                *(f'&kernel_{self.index[f.name]},' for f in entries), '});', '}', '']
        return '\n'.join(out)

    def tables(self, entries, writers):
        out = ['constexpr AccessSite kSites[] = {']
        for (file, line), space, kind, width in self.sites:
            name = {'': 'generic', 'const': 'constant'}.get(space, space)
            out.append(f'{{{quoted(file)}, {line}, Space::{name}, Access::{kind}, {width}}},')
        out.append('{"", 0, Space::generic, Access::load, 0}};')
        for f in entries:
            i, first, starts, stretches = self.index[f.name], 0, {}, []
            for name in self.callees(f):
                starts[self.index[name]] = len(stretches)
                stretches += writers[name].stretches
            out.append(f'constexpr u32 kStretches_{i} = {len(stretches)};')
            out.append(f'constexpr StretchCount kCounts_{i}[] = {{')
            for number, counts in enumerate(stretches):
                out += [f'{{{number}, Class::{kind}, {count}}},'
                        for kind, count in counts.items()]
            out.append('};')
            table = ', '.join(str(starts.get(k, 0)) for k in range(len(self.functions)))
            out.append(f'constexpr u32 kFirst_{i}[] = {{{table}}};')
            sizes = ', '.join(str(p.count * TYPE_BYTES[p.type]) for p in f.params)
            out.append(f'constexpr u32 kParameters_{i}[] = {{{sizes or 0}}};')
            out.append(f'constexpr KernelInfo kernel_{i}{{{quoted(f.name)}, '
                       f'{quoted(self.parsed.target)}, &{f.name}, &entry_{i}, {f.max_threads}, '
                       f'{{kParameters_{i}, {len(f.params)}}}, {{kCounts_{i}}}, kStretches_{i}, '
                       f'kFirst_{i}, kSites}};')
        return out
