# SPDX-License-Identifier: MIT
"""What each PTX instruction does, as one C++ statement over test/simt/ptx/runtime.

A handler takes every modifier it understands off the opcode; what is left over is an error, as is an
opcode without a handler or a number of operands that it does not have. So an instruction is either
translated with all its modifiers, or refused by name.

Handlers return (statement, class); the class is a member of enum class Class (runtime/kernel_info.hpp)
and feeds the counters.
"""

from dataclasses import dataclass

from ptx_parser import TYPE_BYTES

FLOATS = ('f32', 'f64')
SIGNED = ('s8', 's16', 's32', 's64')
# Types as the runtime's functions take them: bit types are unsigned integers.
CPP = {'b8': 'u8', 'b16': 'u16', 'b32': 'u32', 'b64': 'u64', 'f16': 'u16', 'bf16': 'u16',
       'f16x2': 'u32', 'tf32': 'u32', 'pred': 'bool'}
ROUNDINGS = {'rz': 'Toward::zero', 'rm': 'Toward::minus_infinity', 'rp': 'Toward::plus_infinity'}
INTEGER_ROUNDINGS = {'rzi': 'Toward::zero', 'rmi': 'Toward::minus_infinity',
                     'rpi': 'Toward::plus_infinity'}
SCOPES = ('cta', 'cluster', 'gpu', 'sys')


class Refused(Exception):
    """Why an instruction cannot be translated; the writer adds file, line and the instruction."""


def cpp(kind):
    return CPP.get(kind, kind)


class Modifiers:
    """The parts of an opcode, taken off one by one."""

    def __init__(self, opcode):
        self.base, *self.rest = opcode.split('.')

    def take(self, *names):
        """The first of these that is there, or ''."""
        for name in names:
            if name in self.rest:
                self.rest.remove(name)
                return name
        return ''

    def need(self, *names):
        found = self.take(*names)
        if not found:
            raise Refused(f'needs one of .{" .".join(names)}')
        return found

    def type(self):
        """The last part."""
        if not self.rest or self.rest[-1] not in TYPE_BYTES:
            raise Refused(f'unknown type .{self.rest[-1] if self.rest else ""}')
        return self.rest.pop()

    def done(self):
        if self.rest:
            raise Refused(f'unknown modifier .{self.rest[0]}')


@dataclass
class Handler:
    function: object
    operands: tuple  # numbers of operands that exist


HANDLERS = {}


def handles(*bases, operands):
    def register(function):
        counts = operands if isinstance(operands, tuple) else (operands,)
        for base in bases:
            HANDLERS[base] = Handler(function, counts)
        return function
    return register


def translate(instruction, w):
    """(statement, class) of an instruction; w is the writer (cpp_writer.FunctionWriter)."""
    modifiers = Modifiers(instruction.opcode)
    handler = HANDLERS.get(modifiers.base)
    if handler is None:
        raise Refused('unknown opcode')
    if len(instruction.operands) not in handler.operands:
        raise Refused(f'{len(instruction.operands)} operands')
    statement, kind = handler.function(modifiers, instruction.operands, w)
    modifiers.done()
    return statement, kind
