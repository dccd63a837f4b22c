#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the opcode table as a PTX module and as the cases that test_opcodes.cpp reads.

write_cases.py --ptx FILE --cases FILE

Each row is one kernel. Thread i finds its inputs at 8-byte slots from in + 8 * i * inputs, puts its
outputs likewise, and has 16 bytes of global, shared and local memory of its own.
"""

import argparse

import arithmetic
import together
from rows import ROWS, Bound, bits_of

HEADER = '''.version {version}
.target {target}
.address_size 64

.const .align 4 .u32 digits[8] = {{3, 1, 4, 1, 5, 9, 2, 6}};
.global .align 2 .u16 words[4] = {{65535, 0, 7, 32768}};
.shared .align 4 .u32 sum;

.func (.param .b32 result) twice_difference(.param .b32 a, .param .align 8 .b8 b[16])
{{
	.reg .b32 %x<3>;
	ld.param.b32 %x0, [a];
	ld.param.b32 %x1, [b+8];
	sub.s32 %x2, %x0, %x1;
	shl.b32 %x2, %x2, 1;
	st.param.b32 [result], %x2;
	ret;
}}
'''


def register_type(kind):
    return 'pred' if kind == 'pred' else 'b' + str(bits_of(kind))


def transfer(load, register, kind, address):
    """A slot's bits to or from a register; predicates are 0 or 1."""
    if kind != 'pred':
        operands = f'{register}, {address}' if load else f'{address}, {register}'
        return f'{"ld" if load else "st"}.global.b{bits_of(kind)} {operands};'
    if load:
        return f'ld.global.b32 %flag, {address}; setp.ne.b32 {register}, %flag, 0;'
    return f'selp.b32 %flag, 1, 0, {register}; st.global.b32 {address}, %flag;'


def kernel(index, row):
    registers = [f'.reg .{register_type(kind)} %{letter}{i};'
                 for letter, kinds in (('i', row.inputs), ('o', row.outputs))
                 for i, kind in enumerate(kinds)]
    loads = [transfer(True, f'%i{i}', kind, f'[%in+{8 * i}]') for i, kind in enumerate(row.inputs)]
    stores = [transfer(False, f'%o{i}', kind, f'[%out+{8 * i}]') for i, kind in enumerate(row.outputs)]
    lines = [
        f'// {row.name}', f'.visible .entry row_{index}(.param .u64 in, .param .u64 out, .param .u64 own)',
        f'.maxntid {len(row.threads)}', '{', *registers, row.declarations,
        '.reg .b32 %t, %s, %x, %flag; .reg .b64 %in, %out, %g, %l;',
        '.shared .align 16 .b8 scratch[16384]; .shared .align 16 .b8 exchange[256];',
        '.local .align 16 .b8 frame[16];',
        'mov.u32 %t, %tid.x; shl.b32 %s, %t, 4; mov.u32 %flag, scratch; add.u32 %s, %s, %flag;',
        'mov.u32 %x, exchange; mov.u64 %l, frame;',
        f'ld.param.u64 %in, [in]; mad.wide.u32 %in, %t, {8 * len(row.inputs)}, %in;',
        f'ld.param.u64 %out, [out]; mad.wide.u32 %out, %t, {8 * len(row.outputs)}, %out;',
        'ld.param.u64 %g, [own]; mad.wide.u32 %g, %t, 16, %g;',
        *loads, row.body, *stores, 'ret;', '}']
    return '\n'.join(lines) + '\n'


def cases(index, row):
    lines = [f'{index} {len(row.threads)} {len(row.inputs)} {len(row.outputs)} '
             + ' '.join(row.outputs) + f' # {row.name}']
    for inputs, outputs in zip(row.threads, row.expected):
        words = [f'{x:x}' for x in inputs]
        for x in outputs:
            words.append(f'~{x.exact!r}~{x.bound!r}' if isinstance(x, Bound) else f'{x:x}')
        lines.append(' '.join(words))
    return '\n'.join(lines) + '\n'


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument('--ptx', required=True)
    options.add_argument('--cases', required=True)
    options.add_argument('--version', default='8.0')
    options.add_argument('--target', default='sm_90')
    options = options.parse_args()
    arithmetic.all_rows()
    together.all_rows()
    with open(options.ptx, 'w', encoding='utf-8') as file:
        file.write(HEADER.format(version=options.version, target=options.target))
        file.writelines(kernel(i, row) for i, row in enumerate(ROWS))
    with open(options.cases, 'w', encoding='utf-8') as file:
        file.writelines(cases(i, row) for i, row in enumerate(ROWS))


if __name__ == '__main__':
    main()
