# SPDX-License-Identifier: MIT
"""The static cost model of docs/cuda-cost.md: counts and constants in, two bounds on a step's time out.

No number here comes from a GPU of this project. `roofline` is what the busiest unit of the whole part needs
at least. `estimate` adds what a launch's shape leaves idle, the latency of its longest chain of dependent
instructions, barriers of blocks (which are on that chain) and of grids and clusters, and the launch itself.
Both are sums over launches, because each waits for the one before.
"""

import csv
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'budgets'))

# The path comes first.
import budget  # noqa: E402

PARTS = ('RTX 3080 Ti', 'A100', 'H100', 'H200')
SECTOR = 32  # bytes
STEPS_A_LAUNCH = 100  # between two samples
TENSOR_FLOPS = 2 * 16 * 8 * 8  # of one instruction of kernels/mma_tf32.cuh
WARP = 32
FLOAT = ('fma32', 'add32', 'other32')  # on the fp32 lanes
SPECIAL = ('special32', 'convert')  # on the special-function unit
INTEGER = ('integer', 'logic', 'compare')
# ptxas turns these into nothing, or into operands of other instructions.
FREE = ('move', 'parameter')
LATENCY = {'fma32': 'fp32_latency', 'add32': 'fp32_latency', 'other32': 'fp32_latency',
           'special32': 'special_latency', 'convert': 'special_latency', 'slow32': 'slow_latency',
           'fp64': 'fp64_latency', 'tensor': 'tensor_latency', 'integer': 'integer_latency', 'logic': 'integer_latency',
           'compare': 'integer_latency', 'other': 'integer_latency', 'branch': 'branch_latency',
           'load_shared': 'shared_latency', 'load_constant': 'l1_latency', 'load_local': 'l1_latency',
           'atomic': 'l2_latency', 'fence': 'l2_latency', 'shuffle': 'shuffle_latency',
           'vote': 'shuffle_latency', 'warp_barrier': 'warp_barrier_latency',
           # Stores and asynchronous copies are issued and not waited for.
           'store_global': 'integer_latency', 'store_shared': 'integer_latency',
           'store_local': 'integer_latency', 'async_copy': 'integer_latency'}


def read_rows(name):
    with open(HERE / name, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(line for line in file if not line.startswith('#')))


def read_constants():
    """{part: {constant: value}}"""
    rows = read_rows('constants.csv')
    return {part: {row['name']: float(row[part]) for row in rows} for part in PARTS}


def get(counts, *names):
    return sum(counts.get(name, 0) for name in names)


def accesses(kernel, what, space=None, kinds=('load', 'store', 'atomic'), width=None):
    """The sum of one property over a kernel's accesses."""
    total = 0
    for name, found in kernel['accesses'].items():
        where, kind, bytes_ = name.split()
        if (space is None or where == space) and kind in kinds and (width is None or int(bytes_) == width):
            total += found.get(what, 0)
    return total


class Occupancy:
    """Blocks of a kernel that one multiprocessor holds: the registers and static shared memory of the
    budgets, the block width and dynamic shared memory of the launch, NVIDIA's formula."""

    def __init__(self, program, golden=os.path.join(budget.FOLDER, 'golden')):
        self.program = program
        self.devices = budget.read_devices()
        self.rows = {}
        for path in sorted(Path(golden).glob('*.csv')):
            for row in budget.read_table(path):
                self.rows[row['kernel'], row['architecture']] = row
        self.known = {}

    def sass(self, name, architecture):
        """The kernel's golden row: what nvdisasm shows of it."""
        return self.rows[name, architecture]

    def blocks(self, name, architecture, threads, dynamic_shared):
        question = name, architecture, threads, dynamic_shared
        if question not in self.known:
            row = self.rows[name, architecture]
            asked = {**row, 'threads': threads, 'dynamic_shared': dynamic_shared}
            self.known[question], = budget.occupancy(self.program, self.devices, [asked])
        return self.known[question]


class Launch:
    """One kernel of a step on one part. Cycles and counts are of one launch, or of the step's part of one that goes
    on (launches 0)."""

    def __init__(self, name, kernel, part, resident, in_dram):
        self.part, self.kernel, self.launches = part, kernel, max(1, kernel['launches'])
        self.in_dram = in_dram
        self.blocks = kernel['blocks']
        self.warps_a_block = -(-kernel['threads_a_block'] // WARP)
        self.resident = resident
        if resident < 1:
            raise ValueError(f'{name}: not one block fits a multiprocessor')

    def lane_slots(self, *classes):
        return get(self.kernel['thread_instructions'], *classes) / self.launches

    def warp_slots(self, *classes):
        return get(self.kernel['warp_instructions'], *classes) / self.launches

    def dram_cycles(self):
        """To move every distinct byte once, if the step's data do not stay in L2."""
        moved = (self.kernel['read_bytes'] + self.kernel['written_bytes']) / self.launches
        return moved / (self.part['dram_bandwidth'] / self.part['clock']) if self.in_dram else 0.0

    def roofline_cycles(self):
        """(cycles, unit) of the unit that the whole part needs longest."""
        part = self.part
        distinct = (self.kernel['read_bytes'] + self.kernel['written_bytes']) / self.launches
        whole = {
            'fp32': self.lane_slots(*FLOAT) / part['fp32_lanes'],
            'fp64': self.lane_slots('fp64') / part['fp64_lanes'],
            'special': self.lane_slots(*SPECIAL) / part['special_lanes'],
            'tensor': self.warp_slots('tensor') * TENSOR_FLOPS / part['tensor_flops'],
            'shared memory': accesses(self.kernel, 'wavefronts', 'shared') / self.launches}
        whole = {unit: cycles / part['multiprocessors'] for unit, cycles in whole.items()}
        whole['L2'] = distinct / part['l2_bytes']
        return max((cycles, unit) for unit, cycles in whole.items())

    def l1_hits(self):
        """The share of sectors that a block has had before."""
        sectors = accesses(self.kernel, 'sectors', 'global')
        return max(0.0, 1.0 - self.kernel['sectors_by_block'] / sectors) if sectors else 0.0

    def generic_in_shared(self):
        """The share of loads by generic address that are of shared memory. In PTX they look like those of global memory;
        where they went was seen when they ran."""
        loads = self.kernel['warp_instructions'].get('load_global', 0)
        elsewhere = accesses(self.kernel, 'requests', 'shared', ('load',)) - \
            self.kernel['warp_instructions'].get('load_shared', 0)
        return min(1.0, max(0.0, elsewhere / loads)) if loads else 0.0

    def chain_cycles(self):
        """From a warp's first instruction to the last result of its longest chain."""
        part, hits, shared = self.part, self.l1_hits(), self.generic_in_shared()
        missed = part['dram_latency'] if self.in_dram else part['l2_latency']
        barrier = part['barrier_latency'] + part['barrier_latency_warp'] * self.warps_a_block
        cycles = 0.0
        for kind, count in self.kernel['longest_chain'].items():
            if kind in FREE:
                latency = 0.0
            elif kind == 'load_global':
                latency = hits * part['l1_latency'] + (1.0 - hits) * missed
                latency = shared * part['shared_latency'] + (1.0 - shared) * latency
            elif kind == 'barrier':
                latency = barrier
            else:
                latency = part[LATENCY[kind]]
            cycles += count * latency
        return cycles / self.launches + self.meeting_cycles()

    def meeting_cycles(self):
        """What barriers of a grid or a cluster cost; their own instructions are on the chain as well."""
        return 1e3 * self.part['clock'] * sum(count * self.part[f'{where}_barrier'] for where, count in
                                              self.kernel.get('meetings', {}).items()) / self.launches

    def unit_cycles(self, blocks):
        """{unit: cycles} of one multiprocessor for some of the launch's blocks."""
        part, kernel = self.part, self.kernel
        share = blocks / self.blocks
        instructions = sum(kernel['warp_instructions'].values()) / self.launches - self.warp_slots(*FREE)
        instructions += (part['slow_slots'] - 1) * self.warp_slots('slow32')
        schedulers = min(part['schedulers'], blocks * self.warps_a_block)
        sectors = accesses(kernel, 'sectors', 'global') / self.launches
        return {
            'issue': instructions * share / schedulers,
            'fp32': self.warp_slots(*FLOAT) * share * WARP / part['fp32_lanes'],
            'integer': self.warp_slots(*INTEGER) * share * WARP / part['integer_lanes'],
            'special': self.warp_slots(*SPECIAL) * share * WARP / part['special_lanes'],
            'fp64': self.warp_slots('fp64') * share * WARP / part['fp64_lanes'],
            'tensor': self.warp_slots('tensor') * share * TENSOR_FLOPS / part['tensor_flops'],
            'shuffle': self.warp_slots('shuffle') * share * WARP / part['shuffle_lanes'],
            'shared memory': accesses(kernel, 'wavefronts', 'shared') / self.launches * share,
            'L1': sectors * share * SECTOR / part['l1_bytes'],
            'L2 port': kernel['sectors_by_block'] / self.launches * share * SECTOR / part['l2_port_bytes']}

    def estimate_cycles(self):
        """(cycles, what bounds), without the launch itself. Blocks go to multiprocessors in waves; a wave
        takes what its busiest unit needs, or its longest chain."""
        multiprocessors = int(self.part['multiprocessors'])
        waves, rest = divmod(self.blocks, multiprocessors * self.resident)
        chain = self.chain_cycles()

        def wave(blocks):
            cycles, unit = max((cycles, unit) for unit, cycles in self.unit_cycles(blocks).items())
            return max((cycles, unit), (chain, 'latency'))
        bounds = [wave(self.resident)] * bool(waves)
        cycles = waves * bounds[0][0] if waves else 0.0
        if rest:
            bounds.append(wave(-(-rest // multiprocessors)))
            cycles += bounds[-1][0]
        whole = {'L2': self.kernel['sectors_by_block'] / self.launches * SECTOR / self.part['l2_bytes'],
                 'DRAM': self.dram_cycles()}
        unit = max(whole, key=whole.get)
        return max((cycles, bounds[0][1]), (whole[unit], unit))


class StepCost:
    """A step on a part: microseconds, and what bounds each kernel. gap: what one launch costs, us; a kernel that goes
    on from step to step is launched once an interval of STEPS_A_LAUNCH. data: bytes that are in use at a time, the
    step's if not given."""

    def __init__(self, step, part, occupancy, gap, data=None):
        self.part = part
        clock = 1e3 * part['clock']  # cycles a microsecond
        data = step['touched_bytes'] if data is None else data
        self.in_dram = data > part['l2_capacity'] * 2**20
        self.roofline = self.estimate = self.latency_bound = 0.0
        self.kernels = {}
        for name, kernel in step['kernels'].items():
            resident = occupancy.blocks(name, str(int(part['architecture'])), kernel['threads_a_block'],
                                        kernel['dynamic_shared'])
            launch = Launch(name, kernel, part, resident, self.in_dram)
            (low, low_unit), (high, high_unit) = launch.roofline_cycles(), launch.estimate_cycles()
            waited = gap if kernel['launches'] else gap / STEPS_A_LAUNCH
            low, high = low / clock, high / clock + waited
            self.roofline += launch.launches * low
            self.estimate += launch.launches * high
            if high_unit == 'latency':
                self.latency_bound += launch.launches * (high - waited)
            self.latency_bound += launch.launches * waited
            self.kernels[name] = {'roofline': launch.launches * low, 'roofline_unit': low_unit,
                                  'estimate': launch.launches * high, 'estimate_unit': high_unit,
                                  'resident': resident}
        # What cannot stay in L2 must come from DRAM at every step.
        dram = max(0.0, data - part['l2_capacity'] * 2**20) / (1e3 * part['dram_bandwidth'])
        self.roofline = max(self.roofline, dram)

    @property
    def bound(self):
        """latency (chains and launches) or throughput, whichever most of the estimate comes from."""
        return 'latency' if self.latency_bound >= 0.5 * self.estimate else 'throughput'

    @property
    def factor(self):
        return self.part[f'uncertainty_{self.bound}']
