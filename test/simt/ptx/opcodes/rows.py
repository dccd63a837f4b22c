# SPDX-License-Identifier: MIT
"""A row of the opcode table: PTX text, the threads' inputs, and what each thread must get.

Expected values come from exact rational and integer arithmetic in Python (ieee.py, and the functions
beside the rows); nothing here shares code with the translator or its runtime.
"""

from dataclasses import dataclass
from itertools import product

from ieee import BF16, F16, F32, F64

FORMATS = {'f32': F32, 'f64': F64, 'f16': F16, 'bf16': BF16}
ROWS = []


@dataclass
class Row:
    name: str
    body: str  # reads %i0, %i1, ..., writes %o0, %o1, ...; see write_cases.py for what else is there
    inputs: list  # register types
    outputs: list
    threads: list  # of tuples of raw bits
    expected: list  # of tuples of raw bits, or of Bound
    declarations: str


@dataclass
class Bound:
    """An approximate f32: the exact value, and how far the instruction may be from it."""
    exact: float
    bound: float


def bits_of(kind):
    return {'pred': 1, 'bf16': 16}.get(kind) or int(kind.lstrip('usbf'))


def mask(value, kind):
    return value & (2 ** bits_of(kind) - 1)


def signed(value, bits):
    value &= 2 ** bits - 1
    return value - 2 ** bits if value >> (bits - 1) else value


def number(value, kind):
    """Raw bits as the integer that a type makes of them."""
    return signed(value, bits_of(kind)) if kind[0] == 's' else mask(value, kind)


def integers(kind):
    bits = bits_of(kind)
    return [0, 1, 2, 3, 7, bits - 1, bits, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2 ** (bits - 1) + 1,
            2 ** bits - 2, 2 ** bits - 1, 0x5a5a5a5a5a5a5a5a & (2 ** bits - 1)]


def floats(kind):
    """Zeros, subnormals, normal limits, one and its neighbours, ties, powers, infinities, NaN."""
    f = FORMATS[kind]
    one = f.encode(0, 1)
    positive = [0, 1, 2 ** f.fraction_bits - 1, 2 ** f.fraction_bits, one - 1, one, one + 1,
                f.encode(0, F32_PI), f.from_integer(2 ** (f.fraction_bits + 1) + 2),
                f.greatest(0), f.infinity(0)]
    return positive + [f.negate(x) for x in positive] + [f.nan, f.nan - 1]


F32_PI = F32.decode(0x40490fdb)[1]
FEW_FLOATS = {'f32': [0, 1, 0x3f800000, 0x3f800001, 0xbf800000, 0x00800000, 0x7f7fffff, 0x7f800000,
                      0x80000000, 0x7fffffff],
              'f64': [0, 1, 0x3ff0000000000000, 0x3ff0000000000001, 0xbff0000000000000,
                      0x0010000000000000, 0x7fefffffffffffff, 0x7ff0000000000000,
                      0x8000000000000000, 0x7fffffffffffffff]}


def values(kind, count):
    """Edge values of a type; fewer where `count` operands are combined."""
    if kind == 'pred':
        return [0, 1]
    if kind in FORMATS:
        return FEW_FLOATS[kind] if count > 2 else floats(kind)
    return integers(kind)[:9] if count > 2 else integers(kind)


def add_row(name, body, inputs, outputs, threads, expected, declarations=''):
    if not 1 <= len(threads) <= 1024 or len(threads) != len(expected):
        raise ValueError(f'{name}: {len(threads)} threads, {len(expected)} results')
    ROWS.append(Row(name, body, inputs, outputs, threads, expected, declarations))


def scalar(name, inputs, outputs, expect, body=None, threads=None, declarations=''):
    """A row in which every thread computes for itself: expect(*inputs) -> bits, or a tuple of bits."""
    inputs, outputs = inputs.split(), outputs.split()
    if threads is None:
        threads = list(product(*(values(kind, len(inputs)) for kind in inputs)))
    if body is None:
        registers = [f'%o{i}' for i in range(len(outputs))] + [f'%i{i}' for i in range(len(inputs))]
        body = f'{name} {", ".join(registers)};'
    results = []
    for thread in threads:
        result = expect(*thread)
        result = result if isinstance(result, tuple) else (result,)
        results.append(tuple(r if isinstance(r, Bound) else mask(r, kind)
                             for r, kind in zip(result, outputs)))
    add_row(name, body, inputs, outputs, threads, results, declarations)


def block(name, body, inputs, outputs, threads, expect, declarations=''):
    """A row in which threads work together: expect(threads) -> one tuple of bits for each."""
    outputs = outputs.split()
    results = [tuple(mask(r, kind) for r, kind in zip(result, outputs)) for result in expect(threads)]
    add_row(name, body, inputs.split(), outputs, threads, results, declarations)
