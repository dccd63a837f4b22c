#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One whole step of benzene with each model in each loop, and single ops, counted in PTX: what must hold of a step, and
that the report's table says the same.

    test_step_counts.py PROGRAM CHAINS NVCC [LOOP MODEL SYSTEM REPLICAS]...    further cases to hold against the table
"""

import sys

from cost_model import accesses, get
from report import FLOATING
from step_counts import MODELS, SYSTEMS, count, key, of_batch, op_cases, read_table, release_of

# Of loads by 16 bytes. A kernel that makes a whole step loads positions, lists and energies, too.
WIDE = {'host': 0.95, 'graph': 0.95, 'block': 0.85, 'cooperative': 0.85, 'cluster': 0.85}
# Where each block of a molecule makes the time step of all its atoms, that has integer arithmetic of its own.
TEAMS = ('cooperative', 'cluster')
HOT = ('convolution', 'update', 'readout', 'block_per_replica', 'team_loop', 'cluster_loop')
SKIPPED = 77  # exit code: all that does not depend on nvcc's release holds
faults = []


def demand(holds, sentence):
    print(('ok      ' if holds else 'FAULT   ') + sentence)
    if not holds:
        faults.append(sentence)


def check_shares(loop, model, step):
    name = f'{model}, benzene, {loop}'
    kernels = list(step['kernels'].values())
    threads = [kernel['thread_instructions'] for kernel in kernels]
    fused, floating = (sum(get(x, *of) for x in threads) for of in (('fma32', 'tensor'), FLOATING))
    with_integers = floating + sum(get(x, 'integer', 'logic', 'compare') for x in threads)
    demand(fused >= 0.6 * floating,
           f'{name}: {100 * fused / floating:.1f} % of floating-point instructions are fma or mma, 60 demanded '
           f'({100 * fused / with_integers:.1f} % of these and integer ones)')
    if model == 'original' and loop not in TEAMS:
        demand(fused >= 0.6 * with_integers, f'{name}: with integer arithmetic, too')
    # The layout allows it for features, weights and tables; positions, lists and energies are single words.
    hot = [kernel for which, kernel in step['kernels'].items()
           if any(part in which for part in HOT)]
    loaded, wide = (sum(accesses(kernel, 'lane_bytes', 'global', ('load',), width) for kernel in hot)
                    for width in (None, 16))
    demand(wide >= WIDE[loop] * loaded,
           f'{name}: {100 * wide / loaded:.1f} % of what convolutions, updates and readout load is by 16 bytes, '
           f'{100 * WIDE[loop]:.0f} demanded')
    passes, conflicts = (sum(accesses(kernel, what, 'shared') for kernel in kernels)
                         for what in ('wavefronts', 'conflicts'))
    demand(conflicts <= 0.05 * passes,
           f'{name}: {conflicts} bank conflicts in {passes} shared accesses, 5 % allowed')


def differences(found, expected, path=()):
    if isinstance(found, dict) and isinstance(expected, dict):
        return [line for name in {**found, **expected}
                for line in differences(found.get(name), expected.get(name), (*path, name))]
    return [] if found == expected else [f'{": ".join(path)}: counted {found}, in the table {expected}']


def main():
    program, chains, nvcc, *further = sys.argv[1:]
    alone = [(loop, model, 'benzene', 1) for loop in SYSTEMS for model in MODELS]
    more = list(zip(further[::4], further[1::4], further[2::4], map(int, further[3::4])))
    more += [case for case in op_cases() if case[3] == 1]
    counted, table = count(program, chains, [*alone, *more]), read_table()
    for loop, model, system, replicas in alone:
        check_shares(loop, model, counted[key(loop, model, system, replicas)])
    comparable = release_of(nvcc) == table['nvcc']
    if not comparable:
        print(f'SKIPPED: nvcc is {release_of(nvcc)}, the table of {table["nvcc"]}: counts are not compared')
    else:
        for case in [*alone, *more]:
            expected = table['steps'].get(key(*case)) or of_batch(table['steps'], *case)
            found = differences(counted[key(*case)], expected)
            demand(not found, f'{key(*case)}: counts are those of counts.json')
            for line in found[:10]:
                print('       ', line)
    if faults:
        print('after a change of kernels: cmake --build --preset dev --target update_cuda_cost')
        return 1
    return 0 if comparable else SKIPPED


if __name__ == '__main__':
    sys.exit(main())
