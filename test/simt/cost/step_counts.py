# SPDX-License-Identifier: MIT
"""Counts of whole steps (counted_step.hpp): from the program, in the table counts.json, and by the batch.

A case is (loop, model, system, replicas), its step {"touched_bytes": ..., "kernels": {name: {...}}}; a kernel of a
loop that goes on from step to step has launches 0, and meetings {"grid" or "cluster": n} if its blocks wait for each
other. The table holds one kernel a line, under demangled names, as the budgets have them (test/simt/budgets).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'budgets'))

# The path comes first.
from budget import readable, release_of  # noqa: E402, F401

TABLE = HERE / 'counts.json'
MODELS = ('original', 'tiny', 'ultra_tiny')
# A batch is counted at two sizes; every count but the distinct bytes is proportional to the replicas, those are
# linear, as soon as replicas fill whole tiles of atoms (16 benzenes are 12 tiles of 16).
# A block a replica has no tiles to fill.
BATCHES = {'host': (16, 32), 'graph': (16, 32), 'block': (1, 2)}
# Of a loop on the device every count is taken as linear: some kernels have one block for all replicas, and replicas have
# velocities of their own, so not quite the same edges.
SYSTEMS = {'host': ('benzene', 'aspirin', 'droplet504'), 'graph': ('benzene', 'aspirin', 'droplet504'),
           'block': ('benzene', 'aspirin', 'droplet96'), 'cooperative': ('benzene', 'aspirin', 'droplet96'),
           'cluster': ('benzene', 'aspirin')}
# What counted_op() counts besides, and which kernels of it no step above has.
OPS = {'exact': 'exact_convolution', 'tf32': 'update_|readout_', 'tf32x3': 'update_|readout_',
       'virial': r'sum_virials|backward_warp_per_atom<.*true>', 'langevin': 'begin_step', 'csvr': 'step_kernel',
       'basis': 'radial_basis', 'lists': 'cells|candidates'}
OP_MODEL = 'original'
OP_SYSTEMS = {'lists': (('benzene', 16), ('droplet504', 1))}
EVERY_OP_SYSTEM = (('benzene', 1), ('benzene', 16))
LINEAR = {'read_bytes', 'written_bytes'}
SHAPE = {'launches', 'threads_a_block', 'dynamic_shared', 'longest_chain', 'meetings'}


def key(loop, model, system, replicas):
    return f'{loop} {model} {system} {replicas}'


def cases():
    """What the table holds: every system alone, benzene in the batches, and single ops."""
    for loop, systems in SYSTEMS.items():
        for model in MODELS:
            yield from ((loop, model, system, 1) for system in systems)
            yield from ((loop, model, 'benzene', n) for n in BATCHES.get(loop, ()) if n != 1)
    yield from op_cases()


def op_cases():
    for op in OPS:
        yield from ((op, OP_MODEL, system, n) for system, n in OP_SYSTEMS.get(op, EVERY_OP_SYSTEM))


def count(program, chains, cases):
    """What the program counts of these cases."""
    words = [str(word) for case in cases for word in case]
    text = subprocess.run([program, chains, *words], capture_output=True, text=True, check=True).stdout
    return {name: step_between(tidy(found['one']), tidy(found['two'])) if 'one' in found else
            of_op(name.split()[0], tidy(found)) for name, found in json.loads(text).items()}


def of_op(op, step):
    """Only the kernels that an op is counted for; all of a step."""
    return {**step, 'kernels': {name: kernel for name, kernel in step['kernels'].items()
                                if re.search(OPS.get(op, ''), name)}}


def step_between(one, two):
    """One step, from intervals of one and of two. Distinct bytes are the shorter interval's."""
    kernels = {}
    for name, a in one['kernels'].items():
        b = two['kernels'][name]
        kernels[name] = {what: a[what] if what in LINEAR | {'blocks', 'threads_a_block', 'dynamic_shared'} else
                         combine(a[what], b[what], lambda x, y: y - x) for what in a}
    return {'touched_bytes': one['touched_bytes'], 'kernels': kernels}


def tidy(step):
    """The program's counts with demangled names, without what follows from the rest."""
    names = readable(sorted(step['kernels']))
    kernels = {}
    for symbol, found in sorted(step['kernels'].items(), key=lambda item: names[item[0]]):
        accesses = {f"{x['space']} {x['access']} {x['bytes']}": {
            name: x[name] for name in ('requests', 'lane_bytes', 'sectors', 'needed_sectors', 'wavefronts',
                                       'conflicts') if x[name]}
                    for x in found['accesses']}
        kernels[names[symbol]] = {
            'launches': found['launches'], 'blocks': found['grid_blocks'],
            'threads_a_block': found['block_threads'], 'dynamic_shared': found['dynamic_shared'],
            'flops': found['flops'], 'thread_instructions': waited_for_nobody(found, 'thread_instructions'),
            'warp_instructions': waited_for_nobody(found, 'warp_instructions'),
            'longest_chain': {kind: n for kind, n in found['longest_chain'].items() if kind != 'spin'},
            'sectors_by_block': found['sectors_by_block'], 'read_bytes': found['footprint_read_bytes'],
            'written_bytes': found['footprint_written_bytes'], 'accesses': accesses}
        if meetings := meetings_of(found, step['cluster_meetings']):
            kernels[names[symbol]]['meetings'] = meetings
    return {'touched_bytes': step['touched_bytes'], 'kernels': kernels}


def meetings_of(found, of_clusters):
    """How often each block met the others: it adds once to their word, or it was counted where clusters meet."""
    where, total = ('cluster', of_clusters) if of_clusters else ('grid', found['thread_instructions'].get('atomic', 0))
    if not found['spinning'] and not of_clusters:
        return {}
    if total % found['grid_blocks'] != 0:
        raise ValueError(f'{total} meetings of {found["grid_blocks"]} blocks')
    return {where: total // found['grid_blocks']}


def waited_for_nobody(found, what):
    """Instructions without those of loops that wait for other blocks, which one thread of a block runs."""
    return {kind: n - found['spinning'].get(kind, 0) for kind, n in found[what].items()}


def read_table(path=TABLE):
    return json.loads(Path(path).read_text(encoding='utf-8'))


def write_table(table, path=TABLE):
    lines = ['{', f' "nvcc": {json.dumps(table["nvcc"])},', ' "steps": {']
    for i, (name, step) in enumerate(table['steps'].items()):
        lines += [f'  {json.dumps(name)}: {{', f'   "touched_bytes": {step["touched_bytes"]},',
                  '   "kernels": {']
        kernels = [f'    {json.dumps(kernel)}: {json.dumps(found)}'
                   for kernel, found in step['kernels'].items()]
        lines += [',\n'.join(kernels), '   }', '  }' + (',' if i + 1 < len(table['steps']) else '')]
    Path(path).write_text('\n'.join([*lines, ' }', '}', '']), encoding='utf-8')


def combine(a, b, function):
    """function of every number in two counts; what one of them lacks is 0."""
    if isinstance(a, dict) or isinstance(b, dict):
        a, b = a or {}, b or {}
        return {name: combine(a.get(name, 0), b.get(name, 0), function) for name in {**a, **b}}
    return function(a, b)


def of_batch(steps, loop, model, system, replicas):
    """The counts of any multiple of the smaller batch, from those of the two."""
    few, more = BATCHES[loop]
    small, large = (steps[key(loop, model, system, n)] for n in (few, more))
    if replicas % few != 0:
        raise ValueError(f'{replicas} replicas do not fill whole tiles')

    def proportional(a, b):
        if loop != 'host':
            return linear(a, b)
        if b * few != a * more:
            raise ValueError(f'{a} of {few} replicas, {b} of {more}: not proportional')
        return a * replicas // few

    def linear(a, b):
        return a + (b - a) * (replicas - few) // (more - few)

    def constant(a, b):
        if a != b and loop == 'host':
            raise ValueError(f'{a} and {b}: not constant')
        return max(a, b)
    kernels = {}
    for name, a in small['kernels'].items():
        b = large['kernels'][name]
        kernels[name] = {
            what: combine(a[what], b[what], constant if what in SHAPE else linear if what in LINEAR else
                          proportional) for what in a}
    return {'touched_bytes': linear(small['touched_bytes'], large['touched_bytes']), 'kernels': kernels}
