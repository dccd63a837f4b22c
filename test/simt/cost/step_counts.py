# SPDX-License-Identifier: MIT
"""Counts of whole steps (counted_step.hpp): from the program, in the table counts.json, and by the batch.

A step is {"touched_bytes": ..., "kernels": {name: {...}}}. The table holds one kernel a line, under
demangled names, as the budgets have them (test/simt/budgets).
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'budgets'))

# The path comes first.
from budget import readable, release_of  # noqa: E402, F401

TABLE = HERE / 'counts.json'
MODELS = ('original', 'tiny', 'ultra_tiny')
# A batch is counted at two sizes; every count but the distinct bytes is proportional to the replicas as
# soon as they fill whole tiles of atoms (16 benzenes are 12 tiles of 16), those are linear.
BATCHES = (16, 32)
CASES = [('benzene', 1), *(('benzene', n) for n in BATCHES), ('aspirin', 1), ('droplet', 1)]
LINEAR = {'read_bytes', 'written_bytes'}
SHAPE = {'launches', 'threads_a_block', 'dynamic_shared', 'longest_chain'}


def key(model, system, replicas):
    return f'{model} {system} {replicas}'


def count(program, chains, cases):
    """What the program counts of these (model, system, replicas)."""
    words = [str(word) for case in cases for word in case]
    text = subprocess.run([program, chains, *words], capture_output=True, text=True, check=True).stdout
    return {name: tidy(step) for name, step in json.loads(text).items()}


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
            'flops': found['flops'], 'thread_instructions': found['thread_instructions'],
            'warp_instructions': found['warp_instructions'], 'longest_chain': found['longest_chain'],
            'sectors_by_block': found['sectors_by_block'], 'read_bytes': found['footprint_read_bytes'],
            'written_bytes': found['footprint_written_bytes'], 'accesses': accesses}
    return {'touched_bytes': step['touched_bytes'], 'kernels': kernels}


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
    """function of every number in two counts of one form."""
    if isinstance(a, dict):
        if set(a) != set(b):
            raise ValueError(f'batches of two sizes do different things: {sorted(set(a) ^ set(b))}')
        return {name: combine(a[name], b[name], function) for name in a}
    return function(a, b)


def of_batch(steps, model, system, replicas):
    """The counts of any multiple of the smaller batch, from those of the two."""
    small, large = (steps[key(model, system, n)] for n in BATCHES)
    if replicas % BATCHES[0] != 0:
        raise ValueError(f'{replicas} replicas do not fill whole tiles')

    def proportional(a, b):
        if b * BATCHES[0] != a * BATCHES[1]:
            raise ValueError(f'{a} of {BATCHES[0]} replicas, {b} of {BATCHES[1]}: not proportional')
        return a * replicas // BATCHES[0]

    def linear(a, b):
        return a + (b - a) * (replicas - BATCHES[0]) // (BATCHES[1] - BATCHES[0])

    def constant(a, b):
        if a != b:
            raise ValueError(f'{a} and {b}: not constant')
        return a
    kernels = {}
    for name, a in small['kernels'].items():
        b = large['kernels'][name]
        kernels[name] = {
            what: combine(a[what], b[what], constant if what in SHAPE else linear if what in LINEAR else
                          proportional) for what in a}
    return {'touched_bytes': linear(small['touched_bytes'], large['touched_bytes']), 'kernels': kernels}
