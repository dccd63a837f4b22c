#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/cuda-cost.md from counts.json, constants.csv and the budgets, and what the planner of loops takes from
the same sources (planner_table.py).

    report.py --occupancy PROGRAM --root FOLDER            writes the files under FOLDER
    report.py --occupancy PROGRAM --root FOLDER --check    ends with 1 if one would change
"""

import argparse
import difflib
import sys
from pathlib import Path

import cost_model
import planner_table
from cost_model import PARTS, STEPS_A_LAUNCH, Occupancy, StepCost, accesses, get, read_constants, read_rows
from step_counts import MODELS, key, of_batch, op_cases, read_table

HERE = Path(__file__).resolve().parent
SYSTEMS = (('benzene', 1, 'benzene'), ('benzene', 64, '64 benzene'), ('benzene', 1024, '1024 benzene'),
           ('aspirin', 1, 'aspirin'), ('droplet504', 1, '504 atoms of liquid benzene'))
# What loops of one kernel are counted with; a cluster is a thing of newer parts.
LOOPS = {'block': (*SYSTEMS[:4], ('droplet96', 1, '96 atoms of liquid benzene')),
         'cooperative': (SYSTEMS[0], SYSTEMS[3], ('droplet96', 1, '96 atoms of liquid benzene')),
         'cluster': (SYSTEMS[0], SYSTEMS[3])}
WITH_CLUSTERS = 90
SHOWN = '86'  # the architecture whose machine code is shown beside the counts
FLOATING = ('fma32', 'add32', 'other32', 'special32', 'slow32', 'fp64', 'convert', 'tensor')


def step_of(table, loop, model, system, replicas):
    counted = table['steps'].get(key(loop, model, system, replicas))
    return counted or of_batch(table['steps'], loop, model, system, replicas)


def cost_of(data, constants, occupancy, loop, model, system, replicas, part):
    return StepCost(step_of(data, loop, model, system, replicas), constants[part], occupancy,
                    constants[part]['graph_node' if loop == 'graph' else 'launch'],
                    bytes_at_a_time(data, constants, occupancy, loop, model, system, replicas, part))


def bytes_at_a_time(data, constants, occupancy, loop, model, system, replicas, part):
    """What the replicas that have a block touch: a block goes on to the next one after a whole interval."""
    if loop != 'block':
        return None
    (name, kernel), = step_of(data, loop, model, system, 1)['kernels'].items()
    architecture = str(int(constants[part]['architecture']))
    resident = occupancy.blocks(name, architecture, kernel['threads_a_block'], kernel['dynamic_shared'])
    at_a_time = min(replicas, resident * int(constants[part]['multiprocessors']))
    return step_of(data, loop, model, system, at_a_time)['touched_bytes']


def can_run(loop, constants, part):
    return loop != 'cluster' or constants[part]['architecture'] >= WITH_CLUSTERS


def number(value):
    """Three digits, in the unit that fits: 1.23 M."""
    for unit, size in (('G', 1e9), ('M', 1e6), ('k', 1e3)):
        if abs(value) >= size:
            return f'{value / size:.3g} {unit}'
    return f'{value:.3g}'


def microseconds(value):
    return f'{value:.2f}' if value < 10 else f'{value:.1f}' if value < 100 else f'{value:,.0f}'


def table(head, rows):
    return '\n'.join(['| ' + ' | '.join(head) + ' |', '| ' + ' | '.join(['---'] * len(head)) + ' |',
                      *('| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows)])


def short(name):
    return '`' + name.split('::')[-1] + '`'


# --- counts ------------------------------------------------------------------------------------------
COUNT_HEAD = ('launches', 'flops', 'fma or mma of floating point', 'global loads', 'by 16 bytes',
              'L2 traffic', 'distinct bytes', 'shared accesses', 'bank conflicts', 'block barriers')


def counts_of(kernels):
    """The columns of COUNT_HEAD for some kernels together."""
    threads = [kernel['thread_instructions'] for kernel in kernels]
    fused = sum(get(x, 'fma32', 'tensor') for x in threads)
    floating = sum(get(x, *FLOATING) for x in threads)

    def of(*arguments, **named):
        return sum(accesses(kernel, *arguments, **named) for kernel in kernels)
    loaded, passes = of('lane_bytes', 'global', ('load',)), of('wavefronts', 'shared')
    barriers = sum(kernel['warp_instructions'].get('barrier', 0) // -(-kernel['threads_a_block'] // 32)
                   for kernel in kernels)
    return [sum(kernel['launches'] for kernel in kernels) or '1 an interval',
            number(sum(kernel['flops'] for kernel in kernels)),
            f'{100 * fused / floating:.0f} %' if floating else '-',
            number(loaded) + 'B',
            f'{100 * of("lane_bytes", "global", ("load",), 16) / loaded:.0f} %' if loaded else '-',
            number(32 * sum(kernel['sectors_by_block'] for kernel in kernels)) + 'B',
            number(sum(kernel['read_bytes'] + kernel['written_bytes'] for kernel in kernels)) + 'B',
            number(passes) if passes else '0',
            f'{100 * of("conflicts", "shared") / passes:.1f} %' if passes else '-',
            number(barriers) if barriers else '0']


def step_counts_section(data):
    rows = []
    for model in MODELS:
        for system, replicas, label in SYSTEMS:
            step = step_of(data, 'host', model, system, replicas)
            rows.append([model, label, *counts_of(list(step['kernels'].values())),
                         number(step['touched_bytes']) + 'B'])
    return table(['model', 'system', *COUNT_HEAD, 'data of the step'], rows)


def kernel_section(data, loop, model, system, replicas, constants, occupancy):
    step = step_of(data, loop, model, system, replicas)
    costs = [cost_of(data, constants, occupancy, loop, model, system, replicas, part) for part in PARTS]
    counts, bounds = [], []
    for name, kernel in step['kernels'].items():
        sass = occupancy.sass(name, SHOWN)
        counts.append([short(name), *counts_of([kernel]),
                       f'{sass["instructions"]} / {sass["fma"]} / {sass["load_16"]} / {sass["barrier"]}'])
        row = [short(name), f'{kernel["blocks"]} x {kernel["threads_a_block"]}', kernel['dynamic_shared']]
        for cost in costs:
            found = cost.kernels[name]
            row.append(f'{microseconds(found["roofline"])} / {microseconds(found["estimate"])} '
                       f'({found["estimate_unit"]}), {found["resident"]}')
        bounds.append(row)
    return table(['kernel', *COUNT_HEAD, f'code for sm_{SHOWN}: all / fma / 16-byte loads / barriers'],
                 counts) + '\n\n' + table(['kernel', 'grid x block', 'dynamic shared', *PARTS], bounds)


def ops_section(data, constants, occupancy):
    """Kernels that no step has: launches of one evaluation or step together, single launches in a stream."""
    rows = []
    for op, model, system, replicas in op_cases():
        step = step_of(data, op, model, system, replicas)
        costs = [cost_of(data, constants, occupancy, op, model, system, replicas, part) for part in PARTS]
        label = system if replicas == 1 else f'{replicas} {system}'
        for name, kernel in step['kernels'].items():
            found = [cost.kernels[name] for cost in costs]
            launched, flops, fused, _, wide, _, distinct, _, conflicts, _ = counts_of([kernel])
            rows.append([op, short(name), label, launched, flops, fused, wide, distinct, conflicts,
                         *(f'{microseconds(x["roofline"])} / {microseconds(x["estimate"])} ({x["estimate_unit"]})'
                           for x in found)])
    return table(['what', 'kernel', 'system', 'launches', 'flops', 'fma or mma', 'loads by 16 bytes',
                  'distinct bytes', 'bank conflicts', *PARTS], rows)


# --- bounds ------------------------------------------------------------------------------------------
def bounds_section(data, constants, occupancy, loop):
    rows = []
    for model in MODELS:
        for system, replicas, label in LOOPS.get(loop, SYSTEMS):
            row = [model, label]
            for part in PARTS:
                if not can_run(loop, constants, part):
                    row.append('-')
                    continue
                cost = cost_of(data, constants, occupancy, loop, model, system, replicas, part)
                row.append(f'{microseconds(cost.roofline)} / {microseconds(cost.estimate)} '
                           f'({microseconds(max(cost.roofline, cost.estimate / cost.factor))} to '
                           f'{microseconds(cost.estimate * cost.factor)}, {cost.bound})')
            rows.append(row)
    return table(['model', 'system', *PARTS], rows)


def loop_counts_section(data):
    rows = []
    for loop, systems in LOOPS.items():
        for model in MODELS:
            for system, replicas, label in systems:
                kernel, = step_of(data, loop, model, system, replicas)['kernels'].values()
                met = sum(kernel.get('meetings', {}).values())
                rows.append([loop, model, label, f'{kernel["blocks"]} x {kernel["threads_a_block"]}', met or '-',
                             *counts_of([kernel])[1:]])
    return table(['loop', 'model', 'system', 'grid x block', 'grid or cluster barriers', *COUNT_HEAD[1:]], rows)


def beside_section(data, constants, occupancy):
    def bounds(loop, part, replicas):
        if not can_run(loop, constants, part) or (loop in ('cooperative', 'cluster') and replicas > 1):
            return '-'
        cost = cost_of(data, constants, occupancy, loop, 'original', 'benzene', replicas, part)
        if replicas == 1:
            return f'{microseconds(cost.roofline)} / {microseconds(cost.estimate)} us a step'
        return f'{replicas / cost.roofline:.2f} / {replicas / cost.estimate:.2f} M structures/s'
    known = {('RTX 3080 Ti', 1): ('26,800 us a step (measured, PyTorch and ASE)', '28 us a step'),
             ('H100', 1): ('-', '22 us a step'), ('RTX 3080 Ti', 1024): ('-', '0.57 M structures/s'),
             ('H100', 1024): ('-', '1.5 M structures/s')}
    loops = (*LOOPS, 'graph')
    rows = [[f'{"one benzene" if n == 1 else "1024 benzene"}, {part}', *words,
             *(bounds(loop, part, n) for loop in loops)] for (part, n), words in known.items()]
    return table(['Original', 'the seed', 'earlier estimate', *(f'here, {loop}: roofline / modelled estimate'
                                                                for loop in loops)], rows)


def constants_section():
    rows = [[row['name'], row['unit'], *(row[part] for part in PARTS), row['source']]
            for row in read_rows('constants.csv')]
    sources = [f'- **{row["key"]}** {row["reference"]}. <{row["address"]}>' for row in read_rows('sources.csv')]
    return table(['constant', 'unit', *PARTS, 'source'], rows) + '\n\n' + '\n'.join(sources)


def page(data, constants, occupancy):
    text = (HERE / 'page.md').read_text(encoding='utf-8')
    kernels = []
    for model in MODELS:
        for replicas, label in ((1, 'one benzene'), (1024, '1024 benzene')):
            kernels += [f'### {model}, {label}', '',
                        kernel_section(data, 'host', model, 'benzene', replicas, constants, occupancy), '']
    sections = {
        'nvcc': data['nvcc'],
        'single launches': bounds_section(data, constants, occupancy, 'host'),
        'graph': bounds_section(data, constants, occupancy, 'graph'),
        'block': bounds_section(data, constants, occupancy, 'block'),
        'cooperative': bounds_section(data, constants, occupancy, 'cooperative'),
        'cluster': bounds_section(data, constants, occupancy, 'cluster'),
        'loop counts': loop_counts_section(data),
        'beside': beside_section(data, constants, occupancy),
        'step counts': step_counts_section(data),
        'ops': ops_section(data, constants, occupancy),
        'kernels': '\n'.join(kernels).rstrip(),
        'constants': constants_section(),
        'steps a launch': f'{STEPS_A_LAUNCH}',
        'uncertainty latency': f'{constants[PARTS[0]]["uncertainty_latency"]:g}',
        'uncertainty throughput': f'{constants[PARTS[0]]["uncertainty_throughput"]:g}'}
    for name, section in sections.items():
        if f'{{{{{name}}}}}' not in text:
            raise ValueError(f'page.md has no place for {name}')
        text = text.replace(f'{{{{{name}}}}}', section)
    return text


# --- files ---------------------------------------------------------------------------------------------
def hold(path, text, check):
    """Writes a generated file, or says where it differs. Returns whether it was right."""
    found = path.read_text(encoding='utf-8') if path.exists() else ''
    if not check:
        path.write_text(text, encoding='utf-8')
        return True
    for line in list(difflib.unified_diff(found.splitlines(), text.splitlines(), str(path), 'generated', n=0,
                                          lineterm=''))[:20]:
        print(line)
    if found != text:
        print(f'{path} is not what its sources give: cmake --build --preset dev --target update_cuda_cost_page')
    return found == text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ('occupancy', 'root'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    data, constants, occupancy = read_table(), read_constants(), Occupancy(options.occupancy)
    cases = [(loop, model, system, replicas, part) for loop in planner_table.SYSTEMS for model in MODELS
             for system, replicas, _ in LOOPS.get(loop, SYSTEMS) for part in planner_table.PLANNED]
    files = {
        'docs/cuda-cost.md': page(data, constants, occupancy),
        'host/cuda/loop_counts.hpp': planner_table.table(lambda *case: step_of(data, *case), constants),
        'test/host/cuda/report_estimates.hpp': planner_table.estimates(
            lambda *case: cost_of(data, constants, occupancy, *case), cases,
            lambda loop, part: can_run(loop, constants, part))}
    held = [hold(Path(options.root) / name, text, options.check) for name, text in files.items()]
    return 0 if all(held) else 1


if __name__ == '__main__':
    sys.exit(main())
