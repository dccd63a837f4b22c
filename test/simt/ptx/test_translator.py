#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the translator refuses, and how it says so. What it translates, test_opcodes.cpp runs."""

import re
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / 'translator'), str(HERE / 'opcodes')]

# The paths come first.
import arithmetic  # noqa: E402
import together  # noqa: E402
from cpp_writer import ModuleWriter  # noqa: E402
from instructions import HANDLERS  # noqa: E402
from ptx_parser import PtxError, parse  # noqa: E402
from rows import ROWS  # noqa: E402
from write_cases import HEADER, kernel  # noqa: E402

HEAD = '.version 9.0\n.target sm_90\n.address_size 64\n'
REGISTERS = ('.reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<8>; .reg .b64 %d<4>; '
             '.shared .align 4 .b8 buffer[64];')


def translate(text):
    return ModuleWriter(parse(text, 'kernel.ptx'), text).text()


def with_body(body):
    return f'{HEAD}.visible .entry k(.param .u64 a)\n{{\n{REGISTERS}\n{body}\nret;\n}}\n'


class Refusals(unittest.TestCase):
    def refuses(self, text, *words):
        with self.assertRaises(PtxError) as caught:
            translate(text)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_an_unknown_opcode_is_named_with_its_place(self):
        text = with_body('add.s32 %r0, %r1, %r2;\n@%p0 frobnicate.sync.b32 %r0, %r1;')
        self.refuses(text, 'kernel.ptx:8: ', '"@%p0 frobnicate.sync.b32 %r0, %r1;"', 'unknown opcode')

    def test_what_is_not_translated(self):
        for body, reason in (
                ('activemask.b32 %r0;', 'unknown opcode'),
                ('add.rn.f32x2 %d0, %d1, %d2;', 'unknown type .f32x2'),
                ('add.f16 %h0, %h1, %h2;', 'type .f16'),
                ('add.s32 %r0, %r1;', '2 operands'),
                ('add.sat.s32 %r0, %r1, %r2;', 'unknown modifier .sat'),
                ('add.s64 %r0, %d1, %d2;', 'too narrow'),
                ('add.s64 %d0, %r1, %d2;', 'too narrow'),
                ('add.s32 %p0, %r1, %r2;', '%p0 as .s32'),
                ('add.s32 %r0, %r1, %p2;', '%p2 as .s32'),
                ('add.s32 %r0, %r1, 0f3F800000;', '0f3F800000 as .s32'),
                ('add.f32 %r0, %r1, 1;', 'the integer 1 as .f32'),
                ('add.s32 %r0, %r1, %unknown;', 'unknown operand %unknown'),
                ('add.s32 %unknown, %r1, %r2;', 'not a register'),
                ('add.ftz.f64 %d0, %d1, %d2;', '.ftz'),
                ('mul.s32 %r0, %r1, %r2;', 'needs one of .lo .hi .wide'),
                ('div.f32 %r0, %r1, %r2;', 'needs one of .rn'),
                ('rsqrt.rn.f32 %r0, %r1;', '.rn'),
                ('sqrt.approx.f64 %d0, %d1;', '.f64'),
                ('ex2.approx.f16 %h0, %h1;', '.f16'),
                ('min.f32 %r0, %r1, %r2, %r3;', '4 operands'),
                ('setp.lo.s32 %p0, %r1, %r2;', 'comparison .lo'),
                ('setp.lt.and.s32 %p0, %r1, %r2;', 'unknown modifier .and'),
                ('setp.equ.s32 %p0, %r1, %r2;', 'comparison .equ'),
                ('cvt.f32.s32 %r0, %r1;', 'rounding'),
                ('cvt.rzi.f32.s32 %r0, %r1;', 'rounding'),
                ('cvt.s32.f32 %r0, %r1;', 'rounding'),
                ('cvt.rn.f64.f32 %d0, %r1;', '.rn'),
                ('cvt.rn.s32.u32 %r0, %r1;', '.rn'),
                ('cvt.rz.f16.f32 %h0, %r1;', '.rz'),
                ('cvt.rn.bf16x2.f32 %r0, %r1, %r2;', '3 operands'),
                ('cvta.param.u64 %d0, a;', 'parameters'),
                ('mov.u32 %r0, %clock;', 'unknown operand %clock'),
                ('mov.u32 %r0, %smid;', 'unknown operand %smid'),
                ('mov.u32 %r0, %envreg2;', 'unknown operand %envreg2'),
                ('ld.global.banana.b32 %r0, [%d0];', 'unknown modifier .banana'),
                ('ld.global.v2.b32 %r0, [%d0];', '1 registers for 2 elements'),
                ('ld.global.b32 %r0, [%r1];', '32-bit address'),
                ('ld.global.b32 %r0, [buffer];', 'not in .global'),
                ('ld.acquire.global.b32 %r0, [%d0];', 'needs one of .cta'),
                ('ld.relaxed.gpu.global.v2.b32 {%r0, %r1}, [%d0];', 'vector'),
                ('ld.shared::cluster.b32 %r0, [%d1];', 'unknown modifier .shared::cluster'),
                ('tex.2d.v4.f32.s32 {%r0, %r1, %r2, %r3}, [%d0, {%r4, %r5}];', 'expected'),
                ('atom.global.add.f32 %r0, [%d0], %r1;', 'type .f32'),
                ('red.global.add.f64 [%d0], %d1;', 'type .f64'),
                ('atom.global.cas.b16 %h0, [%d0], %h1, %h2;', 'type .b16'),
                ('red.async.relaxed.cluster.global.add.u32 [%d0], %r1;', 'unknown modifier .async'),
                ('bar.sync 1;', 'barrier 0'),
                ('bar.sync 0, 64;', 'part of a block'),
                ('bar.arrive 0, 64;', 'needs one of .sync'),
                ('shfl.bfly.b32 %r0, %r1, 1, 31;', '4 operands'),
                ('vote.ballot.b32 %r0, %p0;', '2 operands'),
                ('redux.sync.min.f32 %r0, %r1, -1;', 'type .f32'),
                ('mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r0,%r1,%r2,%r3}, {%r0,%r1,%r2,%r3}, '
                 '{%r4,%r5}, {%r0,%r1,%r2,%r3};', 'this shape'),
                ('cp.async.bulk.shared::cluster.global [%r0], [%d0], 16, [%r1];', '4 operands'),
                ('cp.async.ca.shared.global [%r0], [%d0], 16, 8;', '4 operands'),
                ('cp.reduce.async.bulk.commit_group;', 'unknown modifier'),
                ('mbarrier.init.shared.b64 [%r0], %r1;', 'unknown opcode'),
                ('griddepcontrol.wait;', 'unknown opcode'),
                ('barrier.cluster.arrive.relaxed;', 'unknown modifier .relaxed'),
                ('barrier.cluster.sync;', 'needs one of .arrive .wait'),
                ('barrier.cluster.wait.release;', 'unknown modifier .release'),
                ('bar.sync;', '0 operands'),
                ('mapa.u64 %d0, %d1, %r0;', 'needs one of .shared::cluster'),
                ('mapa.shared::cluster.u64 %d0, %d1, %r0;', 'type .u64'),
                ('st.shared::cluster.b32 [%d0], %r1;', '64-bit address of .shared::cluster'),
                ('st.relaxed.cluster.shared::cluster.b32 [%r0], %r1;', '.relaxed with .cluster'),
                ('bra nowhere;', 'a label of this function'),
                ('call.uni nothing, ();', 'nothing is not defined'),
                ('call %d0, (), prototype;', 'indirect'),
                ('.pragma "unknown";', 'unknown pragma'),
                ('.reg .f8 %x;', 'unknown register type .f8'),
                ('.global .b32 inside;', '.global inside a function'),
                ('add.s32 %r0, %r1, #5;', 'cannot read')):
            with self.subTest(body=body):
                self.refuses(with_body(body), 'kernel.ptx:', reason)

    def test_modules_that_are_not_translated(self):
        entry = '.visible .entry k()\n{\nret;\n}\n'
        for text, reason in (
                (HEAD + '.entry k()\n{\nret;\n}\n', 'anonymous namespace'),
                (HEAD + '.global .align 4 .u32 counter;\n'
                 + '.visible .entry k()\n{\n.reg .b64 %d0;\nmov.u64 %d0, counter;\nret;\n}\n',
                 'device variable'),
                (HEAD + '.extern .global .align 4 .u32 counter;\n' + entry, 'defined elsewhere'),
                (HEAD + '.global .u64 p[1] = {generic(k)};\n' + entry, 'not a number'),
                (HEAD + '.tex .u64 texture;\n' + entry, "unknown directive '.tex'"),
                (HEAD + '.visible .entry k()\n.reqnctapercluster 2\n{\nret;\n}\n', 'reqnctapercluster'),
                (HEAD.replace('64', '32') + entry, '64-bit addresses'),
                (HEAD + '.section .other { }\n' + entry, 'unknown section'),
                (HEAD + '.visible .entry k()\n{\nret;\n', 'middle of a statement'),
                (HEAD + '.func f()\n{\nexit;\n}\n' + entry, 'ends inside a device function')):
            with self.subTest(reason=reason):
                self.refuses(text, 'kernel.ptx:', reason)


    def test_a_variable_that_nothing_names_is_left_out(self):
        text = HEAD + '.global .align 1 .b8 object[1];\n.visible .entry k()\n{\nret;\n}\n'
        self.assertNotIn('object', translate(text))


class Completeness(unittest.TestCase):
    """Over the table that test_opcodes.cpp runs."""

    @classmethod
    def setUpClass(cls):
        if not ROWS:
            arithmetic.all_rows()
            together.all_rows()

    def test_every_opcode_has_a_row(self):
        text = ' '.join(row.body for row in ROWS)
        used = set(re.findall(r'(?:^|[;{:]\s*|@!?%\w+ )([a-z][a-z0-9]*)(?=[. ;])', text)) | {'ret'}
        # Hints and ends that leave nothing to compare: Refusals and the kernels' own tests use them.
        used |= {'prefetch', 'prefetchu', 'nanosleep', 'trap', 'exit'}
        self.assertEqual(set(HANDLERS) - used, set())

    def test_an_unknown_modifier_is_refused_wherever_it_stands(self):
        """No handler may pass over a modifier that it does not know."""
        checked = 0
        for row in ROWS:
            for match in re.finditer(r'(?:^|; |\} )(@!?%\w+ )?([a-z][a-z0-9]*(?:\.[\w:]+)+)(?= )', row.body):
                base, *parts = match[2].split('.')
                for at in range(len(parts)):
                    broken = '.'.join([base, *parts[:at], 'unheard', *parts[at:]])
                    body = row.body[:match.start(2)] + broken + row.body[match.end(2):]
                    changed = type(row)(**{**vars(row), 'body': body})
                    text = HEADER.format(version='8.0', target='sm_90') + kernel(0, changed)
                    with self.assertRaises(PtxError, msg=broken):
                        translate(text)
                    checked += 1
                break  # the first instruction of each row
        self.assertGreater(checked, 1000)


class Sources(unittest.TestCase):
    def test_lines_of_the_source_are_kept(self):
        text = translate(with_body('.loc 1 42 7\nbar.sync 0;\n.loc 1 0 0\nbar.sync 0;') +
                         '.file 1 "kernels/op.cu"\n')
        self.assertIn('#line 42 "kernels/op.cu"', text)
        self.assertIn('t.barrier(Site{"kernels/op.cu", 42})', text)
        # Line 0 is nvcc's for no line in particular: the PTX's own place is given then.
        self.assertIn('t.barrier(Site{"kernel.ptx", 10})', text)


if __name__ == '__main__':
    unittest.main()
