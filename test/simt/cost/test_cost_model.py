#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The cost model against costs worked out by hand, and chains against code whose chain is seen."""

import math
import unittest
from pathlib import Path

import cost_model
from chains import chains_of
from cost_model import PARTS, Launch, StepCost, read_constants, read_rows
from step_counts import meetings_of, of_batch, read_table

budget = cost_model.budget
COUNTED_FOR = '75'  # the architecture whose launch policy counted_step.cpp uses

PART = {'architecture': 86.0, 'multiprocessors': 10.0, 'clock': 2.0, 'fp32_lanes': 128.0, 'integer_lanes': 64.0,
        'special_lanes': 16.0, 'fp64_lanes': 2.0, 'shuffle_lanes': 32.0, 'schedulers': 4.0, 'l1_bytes': 128.0,
        'l2_port_bytes': 64.0, 'l2_bytes': 640.0, 'l2_capacity': 1.0, 'dram_bandwidth': 100.0,
        'fp32_latency': 4.0, 'integer_latency': 4.0, 'special_latency': 20.0, 'slow_latency': 45.0,
        'slow_slots': 10.0, 'fp64_latency': 32.0, 'branch_latency': 10.0, 'shared_latency': 23.0,
        'l1_latency': 30.0, 'l2_latency': 270.0, 'dram_latency': 540.0, 'shuffle_latency': 25.0,
        'warp_barrier_latency': 5.0, 'barrier_latency': 21.0, 'barrier_latency_warp': 2.0,
        'grid_barrier': 0.5, 'cluster_barrier': 0.25, 'tensor_flops': 256.0, 'tensor_latency': 20.0,
        'uncertainty_latency': 3.0, 'uncertainty_throughput': 2.0}


def kernel(**changes):
    """Two launches of 25 blocks of 4 warps, with 1000 fused multiply-adds a thread."""
    blocks, warps = 25, 4
    return {'launches': 2, 'blocks': blocks, 'threads_a_block': 32 * warps, 'dynamic_shared': 0, 'flops': 0,
            'thread_instructions': {'fma32': 2 * 1000 * 32 * warps * blocks},
            'warp_instructions': {'fma32': 2 * 1000 * warps * blocks, 'move': 2 * 77 * warps * blocks},
            'longest_chain': {'fma32': 2 * 1000}, 'sectors_by_block': 0, 'read_bytes': 0, 'written_bytes': 0,
            'accesses': {}, **changes}


class FixedOccupancy:
    def blocks(self, *_):
        return 2


class Costs(unittest.TestCase):
    def launch(self, resident=2, in_dram=False, **changes):
        return Launch('k', kernel(**changes), PART, resident, in_dram)

    def test_the_roofline_is_the_busiest_unit_of_the_whole_part(self):
        cycles, unit = self.launch().roofline_cycles()
        self.assertEqual(unit, 'fp32')
        self.assertAlmostEqual(cycles, 1000 * 128 * 25 / 1280)
        cycles, unit = self.launch(read_bytes=2 * 6_400_000).roofline_cycles()
        self.assertEqual((cycles, unit), (10_000, 'L2'))

    def test_blocks_come_in_waves_and_a_chain_bounds_each(self):
        # Two blocks a multiprocessor issue 8000 instructions on four schedulers, a warp's chain is 4000.
        cycles, unit = self.launch().estimate_cycles()
        self.assertEqual((cycles, unit), (2 * 4000, 'latency'))
        cycles, unit = self.launch(longest_chain={'fma32': 2}).estimate_cycles()
        self.assertEqual((cycles, unit), (2000 + 1000, 'issue'))  # 20 blocks, then 5 on one each

    def test_tensor_instructions_have_a_unit_of_their_own(self):
        # 25 blocks of 4 warps on 10 multiprocessors, 2048 flops each at 256 a clock.
        mma = {'longest_chain': {'tensor': 2 * 100}, 'thread_instructions': {},
               'warp_instructions': {'tensor': 2 * 100 * 4 * 25}}
        self.assertEqual(self.launch(**mma).roofline_cycles(), (100 * 4 * 25 * 8 / 10, 'tensor'))
        self.assertEqual(self.launch(**mma).estimate_cycles(), (100 * 8 * 8 + 100 * 4 * 8, 'tensor'))

    def test_blocks_that_meet_wait_for_each_other(self):
        alone = self.launch(launches=0, longest_chain={'fma32': 10}).chain_cycles()
        self.assertEqual(alone, 40)
        for where, cycles in (('grid', 1000), ('cluster', 500)):
            launch = self.launch(launches=0, longest_chain={'fma32': 10}, meetings={where: 6})
            self.assertEqual(launch.chain_cycles(), 40 + 6 * cycles)

    def test_a_load_costs_the_latency_of_where_it_hits(self):
        loads = {'longest_chain': {'load_global': 2 * 10, 'barrier': 2}, 'sectors_by_block': 250,
                 'accesses': {'global load 16': {'sectors': 1000}}}
        self.assertAlmostEqual(self.launch(**loads).chain_cycles(), 10 * (0.75 * 30 + 0.25 * 270) + 21 + 2 * 4)
        self.assertAlmostEqual(self.launch(in_dram=True, **loads).chain_cycles(),
                               10 * (0.75 * 30 + 0.25 * 540) + 21 + 2 * 4)

    def test_a_generic_load_costs_what_the_memory_costs_that_it_went_to(self):
        # 30 loads that PTX does not call shared, of which 12 were: 20 requests less 8 that are called so.
        loads = {'longest_chain': {'load_global': 2 * 10}, 'sectors_by_block': 1000,
                 'warp_instructions': {'load_global': 30, 'load_shared': 8},
                 'accesses': {'global load 16': {'sectors': 1000}, 'shared load 16': {'requests': 20}}}
        self.assertAlmostEqual(self.launch(**loads).chain_cycles(), 10 * (0.4 * 23 + 0.6 * 270))
        loads['accesses']['shared load 16'] = {'requests': 7}
        self.assertAlmostEqual(self.launch(**loads).chain_cycles(), 10 * 270)

    def test_data_beyond_l2_come_from_dram(self):
        moved = {'read_bytes': 2 * 4_000_000, 'written_bytes': 0}
        step = {'touched_bytes': 2**20, 'kernels': {'k': kernel(**moved)}}
        fits = StepCost(step, PART, FixedOccupancy(), gap=1.0)
        self.assertFalse(fits.in_dram)
        self.assertAlmostEqual(fits.estimate, 2 * (1.0 + 8000 / 2000))
        self.assertAlmostEqual(fits.roofline, 2 * 4_000_000 / 640 / 2000)
        step['touched_bytes'] = 2**20 + 10**9
        beyond = StepCost(step, PART, FixedOccupancy(), gap=1.0)
        self.assertTrue(beyond.in_dram)
        self.assertAlmostEqual(beyond.estimate, 2 * (1.0 + 4_000_000 / 100e3))
        self.assertAlmostEqual(beyond.roofline, 1e9 / 100e3)

    def test_what_is_in_use_at_a_time_decides(self):
        step = {'touched_bytes': 10**9, 'kernels': {'k': kernel()}}
        self.assertTrue(StepCost(step, PART, FixedOccupancy(), gap=1.0).in_dram)
        at_a_time = StepCost(step, PART, FixedOccupancy(), gap=1.0, data=2**20)
        self.assertFalse(at_a_time.in_dram)
        self.assertLess(at_a_time.roofline, 1e9 / 100e3)

    def test_latency_or_throughput(self):
        step = {'touched_bytes': 0, 'kernels': {'k': kernel()}}
        self.assertEqual(StepCost(step, PART, FixedOccupancy(), gap=1.0).factor, 3.0)
        step['kernels']['k']['longest_chain'] = {}
        self.assertEqual(StepCost(step, PART, FixedOccupancy(), gap=0.1).factor, 2.0)

    def test_a_kernel_that_goes_on_pays_a_hundredth_of_a_launch(self):
        step = {'touched_bytes': 0, 'kernels': {'k': {**kernel(), 'launches': 1}}}
        once = StepCost(step, PART, FixedOccupancy(), gap=5.0).estimate
        step['kernels']['k']['launches'] = 0
        self.assertAlmostEqual(once - StepCost(step, PART, FixedOccupancy(), gap=5.0).estimate, 4.95)

    def test_no_block_fits(self):
        with self.assertRaises(ValueError):
            self.launch(resident=0)


class Batches(unittest.TestCase):
    def steps(self, **changes):
        def step(n):
            found = kernel(blocks=n, read_bytes=1000 + 10 * n, longest_chain={'fma32': 7},
                           thread_instructions={'fma32': 5 * n}, warp_instructions={}, written_bytes=n)
            return {'touched_bytes': 500 + n, 'kernels': {'k': found}}
        steps = {f'host m s {n}': step(n) for n in (16, 32)}
        steps['host m s 32']['kernels']['k'].update(changes)
        return steps

    def test_counts_are_proportional_and_distinct_bytes_linear(self):
        step = of_batch(self.steps(), 'host', 'm', 's', 160)
        found = step['kernels']['k']
        self.assertEqual(step['touched_bytes'], 660)
        self.assertEqual((found['blocks'], found['read_bytes'], found['launches']), (160, 2600, 2))
        self.assertEqual(found['thread_instructions'], {'fma32': 800})

    def test_a_block_a_replica_follows_from_one_and_two(self):
        steps = {name.replace('host', 'block').replace('16', '1').replace('32', '2'): step
                 for name, step in self.steps().items()}
        found = of_batch(steps, 'block', 'm', 's', 5)
        self.assertEqual(found['touched_bytes'], 516 + 4 * 16)
        self.assertEqual(found['kernels']['k']['thread_instructions'], {'fma32': 5 * 16 + 4 * 80})

    def test_what_is_not_is_refused(self):
        for change in ({'thread_instructions': {'fma32': 161}}, {'launches': 3}, {'longest_chain': {}},
                       {'blocks': 33}):
            with self.assertRaises(ValueError, msg=str(change)):
                of_batch(self.steps(**change), 'host', 'm', 's', 64)
        with self.assertRaises(ValueError):
            of_batch(self.steps(), 'host', 'm', 's', 40)


class Meetings(unittest.TestCase):
    def test_they_are_counted_where_blocks_wait(self):
        found = {'spinning': {'load_global': 7}, 'thread_instructions': {'atomic': 72}, 'grid_blocks': 12}
        self.assertEqual(meetings_of(found, 0), {'grid': 6})
        self.assertEqual(meetings_of({**found, 'spinning': {}}, 0), {})
        self.assertEqual(meetings_of({**found, 'spinning': {}}, 84), {'cluster': 7})
        with self.assertRaises(ValueError):
            meetings_of({**found, 'grid_blocks': 11}, 0)

    def test_loops_meet_twice_a_layer_and_step(self):
        layers = {'original': 3, 'tiny': 2, 'ultra_tiny': 2}
        for name, step in read_table()['steps'].items():
            loop, model = name.split()[:2]
            for found in step['kernels'].values():
                where = {'cooperative': 'grid', 'cluster': 'cluster'}.get(loop)
                self.assertEqual(found.get('meetings', {}), {where: 2 * layers[model]} if where else {}, name)


class Launches(unittest.TestCase):
    def test_budgets_assume_the_shapes_that_are_launched(self):
        # 16 benzenes fill every tile; the model with the most channels asks for the most shared memory.
        step = read_table()['steps']['host original benzene 16']
        golden = {(row['kernel'], row['architecture']): row
                  for path in Path(budget.FOLDER, 'golden').glob('*.csv') for row in budget.read_table(path)}
        for name, found in step['kernels'].items():
            row = golden[name, COUNTED_FOR]
            self.assertEqual((int(row['threads']), int(row['dynamic_shared'])),
                             (found['threads_a_block'], found['dynamic_shared']), name)


class Constants(unittest.TestCase):
    def test_every_constant_is_a_number_with_a_source(self):
        sources = {row['key'] for row in read_rows('sources.csv')}
        for row in read_rows('constants.csv'):
            words = row['source'].replace(';', ' ').replace(':', ' ').replace(',', ' ').split()
            self.assertTrue('assumed' in words or sources & set(words), row)
            for part in PARTS:
                self.assertTrue(math.isfinite(float(row[part])) and float(row[part]) > 0, row)
        self.assertEqual(set(PART) - set(read_constants()['A100']), set())


HEAD = '.version 9.0\n.target sm_90\n.address_size 64\n'


class ChainsOfCode(unittest.TestCase):
    def chains(self, body):
        text = (f'{HEAD}.visible .entry k(.param .u64 a)\n{{\n.reg .pred %p<4>; .reg .b32 %r<9>; .reg .f32 %f<9>; '
                f'.reg .b64 %d<4>;\n{body}\nret;\n}}\n')
        stretches = chains_of(text, 'k')['k']
        self.assertEqual(stretches.pop(), {})  # behind ret
        return [{kind: n for kind, n in chain.items() if kind != 'branch'} for chain in stretches]

    def test_what_depends_is_a_chain_and_what_does_not_is_none(self):
        chain, = self.chains('fma.rn.f32 %f1, %f0, %f0, %f0;\nfma.rn.f32 %f2, %f0, %f0, %f0;\n'
                             'fma.rn.f32 %f3, %f1, %f2, %f0;\nfma.rn.f32 %f4, %f3, %f2, %f0;')
        self.assertEqual(chain, {'fma32': 3})

    def test_a_load_waits_for_its_address(self):
        chain, = self.chains('ld.global.u64 %d1, [%d0];\nld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%d1];\n'
                             'add.f32 %f5, %f4, %f4;\nadd.s32 %r1, %r2, %r3;')
        self.assertEqual(chain, {'load_global': 2, 'add32': 1})

    def test_a_skipped_instruction_keeps_what_was_there(self):
        chain, = self.chains('ex2.approx.ftz.f32 %f1, %f0;\n@%p1 mov.f32 %f1, %f2;\nadd.f32 %f3, %f1, %f1;')
        self.assertEqual(chain, {'special32': 1, 'move': 1, 'add32': 1})

    def test_a_barrier_waits_for_everything_and_is_waited_for(self):
        chain, = self.chains('ld.global.f32 %f1, [%d0];\nbar.sync 0;\n'
                             + 3 * 'add.s32 %r1, %r1, %r3;\n')
        self.assertEqual(chain, {'load_global': 1, 'barrier': 1, 'integer': 3})

    def test_waiting_for_other_blocks_is_no_chain(self):
        for wait in ('ld.acquire.gpu.global.u32 %r1, [%d0];', 'nanosleep.u32 20;'):
            chain, = self.chains(wait + '\nadd.s32 %r2, %r1, %r1;')
            self.assertEqual(chain, {'spin': 1})

    def test_a_label_or_a_branch_begins_a_stretch(self):
        chains = self.chains('add.s32 %r1, %r2, %r3;\nsetp.eq.s32 %p1, %r1, 0;\n@%p1 bra far;\n'
                             'add.s32 %r4, %r2, %r3;\nfar:\n' + 3 * 'add.s32 %r5, %r5, %r4;\n')
        self.assertEqual(chains, [{'integer': 1, 'compare': 1}, {'integer': 1}, {'integer': 3}])


if __name__ == '__main__':
    unittest.main()
