# SPDX-License-Identifier: MIT
"""What the planner of loops knows of costs (host/cuda/loop_cost.hpp), from the sources of docs/cuda-cost.md: its table,
and the report's own estimates, which its closed form is held against."""

from cost_model import PARTS, STEPS_A_LAUNCH, Launch
from step_counts import BATCHES, MODELS

PLANNED = PARTS[:3]  # those that differ in their units
ATOMS = {'benzene': 12, 'aspirin': 21, 'droplet96': 96, 'droplet504': 504}
CHANNELS = {'original': 128, 'tiny': 64, 'ultra_tiny': 32}
SYSTEMS = {'block': ('benzene', 'aspirin', 'droplet96'), 'cooperative': ('benzene', 'aspirin', 'droplet96'),
           'cluster': ('benzene', 'aspirin'), 'graph': ('benzene', 'aspirin', 'droplet504')}
COSTS = ('launch', 'graph_node', 'grid_barrier', 'cluster_barrier')
HEAD = '// SPDX-License-Identifier: MIT\n#pragma once\n// {}\n// Written by test/simt/cost/report.py; held against its sources by the test simt_cost_page.\n'


def braces(values):
    return '{' + ', '.join(f'{value:.6g}' if isinstance(value, float) else str(value) for value in values) + '}'


def launches(step, part, in_dram):
    """How many blocks are resident matters to neither chains nor one multiprocessor that does everything."""
    return [Launch(name, kernel, part, 1, in_dram) for name, kernel in step['kernels'].items()]


def chain(step, part, in_dram):
    return sum(x.launches * (x.chain_cycles() - x.meeting_cycles()) for x in launches(step, part, in_dram))


def busy(step, part):
    return sum(x.launches * max(x.unit_cycles(x.blocks).values()) for x in launches(step, part, False))


def moved(step):
    return sum(kernel['read_bytes'] + kernel['written_bytes'] for kernel in step['kernels'].values())


def bytes_of(step_of, loop, model, system, step):
    """Bytes that replicas share, that one replica has to itself, and that one replica moves in a step."""
    if loop not in BATCHES:
        return 0.0, float(step['touched_bytes']), float(moved(step))
    few, more = BATCHES[loop]
    small, large = (step_of(loop, model, 'benzene', n) for n in (few, more))
    scale = ATOMS[system] / ATOMS['benzene'] / (more - few)
    own = scale * (large['touched_bytes'] - small['touched_bytes'])
    return max(0.0, step['touched_bytes'] - own), own, scale * (moved(large) - moved(small))


def table(step_of, constants):
    """The text of host/cuda/loop_counts.hpp. step_of(loop, model, system, replicas): counts of a step."""
    parts = [constants[part] for part in PLANNED]
    lines = [HEAD.format('Counts of docs/cuda-cost.md that the planner of loops weighs: host/cuda/loop_cost.hpp.'),
             '#include <array>\n\nnamespace fusemd::cuda {\n',
             'enum class CountedLoop { block, cooperative, cluster, graph };\n',
             '/// What a part of the report has and costs. us; bytes; bytes/us.\nstruct PartCosts {',
             '  double multiprocessors, cycles_per_us, l2_bytes, bytes_per_us;',
             '  double launch, graph_node, grid_barrier, cluster_barrier;\n};\n',
             '/// ' + ', '.join(PLANNED) + '.\n// clang-format off',
             f'inline constexpr std::array<PartCosts, {len(parts)}> kPartCosts = {{{{']
    for part in parts:
        lines.append('    ' + braces([part['multiprocessors'], 1e3 * part['clock'], part['l2_capacity'] * 2**20,
                                      1e3 * part['dram_bandwidth'], *(part[name] for name in COSTS)]) + ',')
    lines += ['}};\n// clang-format on\n', '/// Steps that one launch of a loop of one kernel counts for.',
              f'inline constexpr double kStepsOfAnInterval = {STEPS_A_LAUNCH};\n',
              '/// A step of one replica. Cycles by parts; busy: of one multiprocessor that does everything.',
              'struct LoopCounts {', '  CountedLoop loop;', '  unsigned n_channels;', '  double atoms;',
              '  double nodes;     ///< of a graph', '  double meetings;  ///< barriers of a grid or a cluster',
              '  std::array<double, kPartCosts.size()> chain, chain_beyond_l2, busy;',
              '  double fixed_bytes;  ///< that replicas share', '  double bytes;        ///< that are its own',
              '  double moved_bytes;\n};\n', '// clang-format off', 'inline constexpr std::array kLoopCounts = {']
    for loop, systems in SYSTEMS.items():
        for model in MODELS:
            for system in systems:
                step = step_of(loop, model, system, 1)
                kernels = step['kernels'].values()
                row = [f'CountedLoop::{loop}', CHANNELS[model], ATOMS[system],
                       sum(kernel['launches'] for kernel in kernels) if loop == 'graph' else 0,
                       sum(sum(kernel.get('meetings', {}).values()) for kernel in kernels),
                       *(braces(float(round(cycles(part))) for part in parts) for cycles in (
                           lambda part, step=step: chain(step, part, False),
                           lambda part, step=step: chain(step, part, True),
                           lambda part, step=step: busy(step, part))),
                       *(float(round(x)) for x in bytes_of(step_of, loop, model, system, step))]
                lines.append('    LoopCounts' + braces(row) + ',')
    return '\n'.join([*lines, '};', '// clang-format on\n', '}  // namespace fusemd::cuda', ''])


def estimates(cost_of, cases, can_run):
    """The text of test/host/cuda/report_estimates.hpp. cost_of(loop, model, system, replicas, part): a StepCost."""
    lines = [HEAD.format('Estimates of docs/cuda-cost.md, which the planner\'s closed form is held against.'),
             '#include <array>\n\n#include "host/cuda/loop_counts.hpp"\n\nnamespace fusemd::test {\n',
             'struct ReportEstimate {', '  cuda::CountedLoop loop;', '  unsigned n_channels, atoms, replicas;',
             '  int compute_capability, multiprocessors;', '  double us;\n};\n', '// clang-format off',
             'inline constexpr std::array kReportEstimates = {']
    for loop, model, system, replicas, part in cases:
        if not can_run(loop, part):
            continue
        cost = cost_of(loop, model, system, replicas, part)
        lines.append('    ReportEstimate' + braces([
            f'cuda::CountedLoop::{loop}', CHANNELS[model], ATOMS[system], replicas,
            int(cost.part['architecture']), int(cost.part['multiprocessors']), cost.estimate]) + ',')
    return '\n'.join([*lines, '};', '// clang-format on\n', '}  // namespace fusemd::test', ''])
