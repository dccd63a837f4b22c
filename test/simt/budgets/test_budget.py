#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Planted changes for the worse must be reported, and what is told apart must be told apart."""

import argparse
import fnmatch
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import budget
import cubin

OPTIONS = None  # the programs, from the command line

TEXT = """
	.section	.text._Z4testPf,"ax",@progbits
        /*0000*/                   LDG.E.128.CONSTANT R4, desc[UR4][R2.64] ;
        /*0010*/              @!P0 LDG.E.64 R4, desc[UR4][R2.64] ;
        /*0020*/                   LDG.E R4, desc[UR4][R2.64] ;
        /*0022*/                   STG.E.128 desc[UR4][R2.64], R4 ;
        /*0024*/                   STG.E.64 desc[UR4][R2.64], R4 ;
        /*0026*/              @!P0 STG.E desc[UR4][R2.64], R4 ;
        /*0030*/              @UP1 FFMA R8, R5, R8, R3 ;
        /*0040*/                   FFMA.FTZ R8, R5, R8, R3 ;
        /*0050*/                   DFMA R8, R5, R8, R3 ;
        /*0058*/                   DADD R8, R5, R8 ;
        /*0060*/                   MUFU.RCP64H R8, R5 ;
        /*0070*/                   MUFU.EX2 R8, R5 ;
        /*0080*/                   STL [R1], R5 ;
        /*0090*/                   BAR.SYNC.DEFER_BLOCKING 0x0 ;
        /*00a0*/                   HMMA.1688.F32.TF32 R4, R4, R6, R8 ;
        /*00b0*/                   NOP ;
"""

# Too many live values for the registers that two blocks of 1,024 threads leave: ptxas has to spill.
SPILLING = """
__global__ void __launch_bounds__(1024, 2) greedy(float* x, int n) {
  float value[64];
#pragma unroll
  for (int i = 0; i < 64; ++i) value[i] = x[i * n + threadIdx.x];
  for (int k = 0; k < n; ++k) {
#pragma unroll
    for (int i = 0; i < 64; ++i) value[i] = value[i] * value[(i * 7 + 1) % 64] + x[k];
  }
#pragma unroll
  for (int i = 0; i < 64; ++i) x[i * n + threadIdx.x] = value[i];
}
"""

# The constants give the instructions: 3 fused multiply-adds, one 16-byte load, one store.
PLAIN = """
__global__ void __launch_bounds__(128) plain(const float4* __restrict__ x, float* y) {
  __shared__ float tile[256];
  const float4 v = x[threadIdx.x];
  tile[threadIdx.x] = fmaf(v.x, 2.0f, fmaf(v.y, 3.0f, fmaf(v.z, v.w, 1.0f)));
  __syncthreads();
  y[threadIdx.x] = tile[threadIdx.x ^ 1];
}
"""


# One addition and one fused multiply-add of double precision.
DOUBLE = """
__global__ void __launch_bounds__(128) plain(const float* x, double* y) {
  y[threadIdx.x] = fma(y[threadIdx.x], y[threadIdx.x + 128], double(x[threadIdx.x])) + y[threadIdx.x + 256];
}
"""


def row(**changes):
    values = {column: '5' for column in budget.COLUMNS}
    values.update(kernel='k', architecture='90')
    values.update(changes)
    return values


class Instructions(unittest.TestCase):
    def test_classes(self):
        counts = cubin.count_instructions(TEXT)['_Z4testPf']
        expected = dict(all=15, fma=2, double=3, double_add=1, special=2, load_16=1, load_8=1, load_4=1,
                        store_16=1, store_8=1, store_4=1, local=1, barrier=1, mma=1)
        self.assertEqual(dict(counts), expected)


class Comparison(unittest.TestCase):
    def test_the_same_is_neither_worse_nor_better(self):
        self.assertEqual(budget.compare([row()], [row()]), ([], []))

    def test_each_column_for_the_worse(self):
        for column in budget.COLUMNS[2:]:
            if column in budget.NEUTRAL:
                continue
            change = {column: '4' if column in budget.LESS_IS_WORSE else '6'}
            worse, _ = budget.compare([row(**change)], [row()])
            self.assertEqual(len(worse), 1, column)
            self.assertIn(column, worse[0])

    def test_better_is_said(self):
        self.assertEqual(len(budget.compare([row(registers='4')], [row()])[1]), 1)

    def test_a_kernel_without_budget_and_a_budget_without_kernel(self):
        self.assertEqual(len(budget.compare([row()], [])[0]), 1)
        self.assertEqual(len(budget.compare([], [row()])[0]), 1)


class Compiled(unittest.TestCase):
    def measure(self, text, *architectures, threads=None, double='none'):
        devices = budget.read_devices()
        if architectures:
            devices = {name: devices[name] for name in architectures}
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, 'planted.cu')
            with open(source, 'w', encoding='utf-8') as file:
                file.write(text)
            stem = os.path.join(folder, 'planted')
            for arch in devices:
                done = subprocess.run(
                    [OPTIONS.nvcc, f'-arch=sm_{arch}', '-cubin', '-Xptxas=-v', source,
                     '-o', f'{stem}.sm_{arch}.cubin'], capture_output=True, text=True, check=True)
                with open(f'{stem}.sm_{arch}.txt', 'w', encoding='utf-8') as file:
                    file.write(done.stderr)
            # Of the two kernels here only one has more than 128 threads a block.
            shapes = {(name, arch): (threads or (1024 if name == 'greedy' else 128), 0)
                      for name in ('plain', 'greedy') for arch in devices}
            rules = [{'kernel': '*', 'allowed': double, 'why': 'a rule'}] if double else []
            return budget.measure(stem, OPTIONS.nvdisasm, OPTIONS.occupancy, shapes, devices, rules)

    def test_a_plain_kernel(self):
        rows, faults = self.measure(PLAIN)
        self.assertEqual(faults, [])
        self.assertEqual(len(rows), 7)
        for measured in rows:
            with self.subTest(architecture=measured['architecture']):
                self.assertEqual(measured['kernel'], 'plain')
                self.assertEqual(measured['threads'], 128)
                self.assertEqual(measured['static_shared'], 1024)
                self.assertEqual(measured['fma'], 3)
                self.assertEqual((measured['load_16'], measured['load_4']), (1, 0))
                self.assertEqual((measured['store_4'], measured['barrier']), (1, 1))
                self.assertEqual(measured['double'], 0)
                # 16 or more registers a thread are free and 1 KiB fits often: threads are the limit.
                # Turing holds 1,024 threads, Ampere's and later large parts 2,048, the others 1,536.
                limit = {'75': 8, '80': 16, '90': 16, '100': 16}.get(measured['architecture'], 12)
                self.assertEqual(measured['blocks_per_multiprocessor'], limit)

    def test_spills_are_faults(self):
        _, faults = self.measure(SPILLING, '75', '90')
        self.assertTrue(any('spills' in fault for fault in faults), faults)
        self.assertTrue(any('local memory' in fault for fault in faults), faults)

    def test_a_block_wider_than_the_launch_bounds_is_a_fault(self):
        _, faults = self.measure(PLAIN, '80', threads=160)
        self.assertEqual(faults, ['plain, sm_80: launched with 160 threads, compiled for 128'])

    def test_double_precision_is_a_fault_unless_it_is_allowed(self):
        self.assertEqual(self.measure(DOUBLE, '80', double='any')[1], [])
        for allowed, adds in (('none', 0), ('1', 1), ('9', 9)):  # a fused multiply-add is no addition
            _, faults = self.measure(DOUBLE, '80', double=allowed)
            self.assertEqual(faults, [f'plain, sm_80: 1 additions and 1 other instructions of double precision, '
                                      f'expected {adds} additions at most (a rule)'])

    def test_additions_are_counted(self):
        text = DOUBLE.replace('fma(y[threadIdx.x], y[threadIdx.x + 128], double(x[threadIdx.x]))',
                              '(y[threadIdx.x + 128] + x[threadIdx.x])')
        self.assertEqual(self.measure(text, '80', double='2')[1], [])
        self.assertEqual(len(self.measure(text, '80', double='1')[1]), 1)

    def test_a_kernel_without_a_rule_for_double_precision_is_a_fault(self):
        _, faults = self.measure(PLAIN, '80', double=None)
        self.assertEqual(len(faults), 1)
        self.assertIn('Say so in double_precision.csv', faults[0])

    def test_every_rule_of_the_file_is_needed(self):
        """Each fits a kernel of the golden tables, and some kernel has no earlier one."""
        rules = budget.read_table(os.path.join(budget.FOLDER, 'double_precision.csv'))
        kernels = {row['kernel'] for name in os.listdir(os.path.join(budget.FOLDER, 'golden'))
                   for row in budget.read_table(os.path.join(budget.FOLDER, 'golden', name))}
        used = {next(i for i, rule in enumerate(rules) if fnmatch.fnmatchcase(kernel, rule['kernel']))
                for kernel in kernels}
        self.assertEqual(used, set(range(len(rules))))
        self.assertTrue(all(rule['why'] for rule in rules))

    def test_a_kernel_that_nobody_says_how_to_launch_is_a_fault(self):
        _, faults = self.measure(PLAIN.replace('plain', 'unheard_of'), '80')
        self.assertEqual(len(faults), 1)
        self.assertIn('how it is launched is not known', faults[0])

    def test_no_launch_bounds_is_a_fault(self):
        _, faults = self.measure(PLAIN.replace('__launch_bounds__(128)', ''), '80')
        self.assertEqual(len(faults), 1)
        self.assertIn('no launch bounds', faults[0])

    def test_too_much_shared_memory_is_a_fault(self):
        rows, _ = self.measure(PLAIN, '75', '86')
        devices = budget.read_devices()
        for measured in rows:
            limit = int(devices[measured['architecture']]['shared_per_block_optin'])
            for room, blocks in ((0, 1), (4, 0)):
                measured['dynamic_shared'] = limit - measured['static_shared'] + room
                self.assertEqual(budget.occupancy(OPTIONS.occupancy, devices, [measured]), [blocks])

    def test_another_release_of_nvcc_is_skipped_unless_something_fails(self):
        golden = budget.read_table(os.path.join(budget.FOLDER, 'golden', 'readout.csv'))
        words = ['budget.py', 'kernels/readout.cu']
        for name in ('cubins', 'nvdisasm', 'occupancy', 'shapes', 'nvcc'):
            words += ['--' + name, 'none']
        with open(os.path.join(budget.FOLDER, 'golden', 'readout.csv'), encoding='utf-8') as file:
            own = file.readline().removeprefix('# nvcc ').strip()
        for release, faults, expected in ((own, [], 0), (own, ['fault'], 1), ('1.2.3', [], 77),
                                          ('1.2.3', ['fault'], 1)):
            with (mock.patch.object(budget, 'measure', return_value=(golden, list(faults))),
                  mock.patch.object(budget, 'launch_shapes'), mock.patch.object(sys, 'argv', words),
                  mock.patch.object(budget, 'release_of', return_value=release)):
                self.assertEqual(budget.main(), expected)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    for program in ('nvcc', 'nvdisasm', 'occupancy'):
        parser.add_argument('--' + program, required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=sys.argv[:1] + rest)
