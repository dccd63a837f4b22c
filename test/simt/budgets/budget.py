#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what nvcc made of a kernel file against the budgets in golden/, for every architecture.

    budget.py KERNELS.cu --cubins FOLDER --nvdisasm PROGRAM --occupancy PROGRAM --shapes PROGRAM --nvcc PROGRAM
              [--update]

Fails if a kernel spills, has a stack or touches local memory, if its launch shape is not known
(launch_shapes.cpp) or wider than its launch bounds, if no block of it fits a multiprocessor, if it uses more
double precision than double_precision.csv lets it, whatever its golden row says, or if anything got worse than its golden row: registers, shared memory, blocks per
multiprocessor, or the number of instructions of a class. What got better is said, so that --update
can make it the new budget. Golden rows belong to one release of nvcc; under another, counts are not
compared, the output says so, and where nothing else fails the exit code is 77: skipped, and counted.
"""

import argparse
import csv
import fnmatch
import os
import re
import subprocess
import sys

from cubin import CLASSES, DOUBLE_ADD, count_instructions, disassemble, launch_bounds, parse_resources

SKIPPED = 77  # exit code
FOLDER = os.path.dirname(os.path.abspath(__file__))
KEYS = ['kernel', 'architecture']
SHAPE = ['threads', 'dynamic_shared']
MORE_IS_WORSE = ['registers', 'static_shared', 'instructions', *CLASSES]
# More 16-byte loads and stores, fused multiply-adds or tensor instructions are no harm: what they replace is.
NEUTRAL = {'fma', 'mma', 'load_16', 'store_16', 'copy_async'}
LESS_IS_WORSE = ['blocks_per_multiprocessor']
COLUMNS = KEYS + SHAPE + ['registers', 'static_shared', 'blocks_per_multiprocessor', 'instructions'] + [
    name for name in CLASSES if name != 'local']


def read_table(path):
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(line for line in file if not line.startswith('#')))


def readable(mangled):
    """The demangled names without return type and parameters: embed<128>."""
    text = subprocess.run(['c++filt'], input='\n'.join(mangled), capture_output=True, text=True,
                          check=True).stdout.splitlines()
    names = {}
    for symbol, name in zip(mangled, text):
        depth, end = 0, len(name)
        for i, letter in enumerate(name):  # parameters begin at the first ( outside < >
            depth += (letter == '<') - (letter == '>')
            if letter == '(' and depth == 0 and not name.startswith('(anonymous', i):
                end = i
                break
        # "void" stands before templates only. Unnamed namespaces and casts in arguments,
        # (fusemd::DenseKind)2, say nothing.
        name = name[:end].removeprefix('void ').replace('(anonymous namespace)::', '')
        names[symbol] = re.sub(r'\([\w: ]+\)(?=[\w-])', '', name).removeprefix('fusemd::')
    return names


def occupancy(program, devices, rows):
    questions = []
    for row in rows:
        part = devices[row['architecture']]
        questions.append(' '.join(str(value) for value in (
            row['architecture'], part['threads_per_multiprocessor'], part['shared_per_multiprocessor'],
            part['shared_per_block_optin'], part['reserved_shared_per_block'], row['registers'],
            row['static_shared'], row['dynamic_shared'], row['threads'])))
    answers = subprocess.run([program], input='\n'.join(questions), capture_output=True, text=True,
                             check=True).stdout.split()
    return [int(answer) for answer in answers]


def launch_shapes(program, architectures):
    """{(kernel, architecture): (threads, dynamic shared memory)} as launchers ask for them."""
    text = subprocess.run([program, *architectures], capture_output=True, text=True, check=True).stdout
    return {(row['kernel'], row['architecture']): (int(row['threads']), int(row['dynamic_shared']))
            for row in csv.DictReader(text.splitlines())}


def read_devices():
    return {row['architecture']: row for row in read_table(os.path.join(FOLDER, 'devices.csv'))}


def double_fault(kernel, count, rules):
    """What is wrong with a kernel's use of double precision, or nothing."""
    rule = next((rule for rule in rules if fnmatch.fnmatchcase(kernel, rule['kernel'])), None)
    if rule is None:
        return 'may it use double precision? Say so in double_precision.csv'
    if rule['allowed'] == 'any':
        return None
    adds = 0 if rule['allowed'] == 'none' else int(rule['allowed'])
    others = count['double'] - count[DOUBLE_ADD]
    if others or count[DOUBLE_ADD] > adds:
        return (f'{count[DOUBLE_ADD]} additions and {others} other instructions of double precision, '
                f'expected {adds} additions at most ({rule["why"]})')
    return None


def measure(cubins, nvdisasm, occupancy_program, shapes, devices, rules=None):
    """Rows of the table, and the faults that no golden row excuses. A kernel's shape is that of its
    whole name, or else of its name without template arguments."""
    rows, faults = [], []
    rules = read_table(os.path.join(FOLDER, 'double_precision.csv')) if rules is None else rules
    for architecture in devices:
        cubin = f'{cubins}.sm_{architecture}.cubin'
        with open(f'{cubins}.sm_{architecture}.txt', encoding='utf-8') as file:
            resources = parse_resources(file.read())
        counts, bounds = count_instructions(disassemble(nvdisasm, cubin)), launch_bounds(cubin)
        names = readable(sorted(resources))
        for symbol, name in names.items():
            used, count = resources[symbol], counts[symbol]
            where = f'{name}, sm_{architecture}'
            if symbol not in bounds:
                faults.append(f'{where}: no launch bounds')
                continue
            shape = shapes.get((name, architecture)) or shapes.get((name.split('<')[0], architecture))
            if shape is None:
                faults.append(f'{where}: how it is launched is not known: add it to launch_shapes.cpp')
                continue
            threads, dynamic_shared = shape
            if threads > bounds[symbol]:
                faults.append(f'{where}: launched with {threads} threads, compiled for {bounds[symbol]}')
            for what in ('spills', 'stack'):
                if used[what]:
                    faults.append(f'{where}: {used[what]} bytes of {what}, expected none')
            fault = double_fault(name, count, rules)
            if fault:
                faults.append(f'{where}: {fault}')
            if count['local']:
                faults.append(f'{where}: {count["local"]} accesses to local memory, expected none')
            rows.append({'kernel': name, 'architecture': architecture, 'threads': threads,
                         'dynamic_shared': dynamic_shared,
                         'registers': used['registers'], 'static_shared': used['static_shared'],
                         'instructions': count['all'],
                         **{key: count[key] for key in CLASSES if key != 'local'}})
    for row, blocks in zip(rows, occupancy(occupancy_program, devices, rows)):
        row['blocks_per_multiprocessor'] = blocks
        if blocks == 0:
            faults.append(f'{row["kernel"]}, sm_{row["architecture"]}: not one block of '
                          f'{row["threads"]} threads fits a multiprocessor')
    return rows, faults


def compare(rows, golden):
    """(worse, better): sentences about the rows that differ from their golden ones."""
    worse, better = [], []
    expected = {tuple(row[key] for key in KEYS): row for row in golden}
    for row in rows:
        where = f'{row["kernel"]}, sm_{row["architecture"]}'
        old = expected.pop(tuple(row[key] for key in KEYS), None)
        if old is None:
            worse.append(f'{where}: has no budget')
            continue
        for key in COLUMNS:
            if key in KEYS or key in NEUTRAL:
                continue
            now, then = int(row[key]), int(old[key])
            sentence = f'{where}: {key} {then} -> {now}'
            if key in SHAPE:
                if now != then:
                    worse.append(sentence)
            elif now != then:
                (better if (now > then) == (key in LESS_IS_WORSE) else worse).append(sentence)
    worse += [f'{kernel}, sm_{architecture}: a budget for a kernel that is not there'
              for kernel, architecture in expected]
    return worse, better


def release_of(nvcc):
    text = subprocess.run([nvcc, '--version'], capture_output=True, text=True, check=True).stdout
    return re.search(r'V(\d+\.\d+\.\d+)', text)[1]


def write_golden(path, rows, release):
    with open(path, 'w', newline='', encoding='utf-8') as file:
        file.write(f'# nvcc {release}\n')
        writer = csv.DictWriter(file, COLUMNS, lineterminator='\n')
        writer.writeheader()
        writer.writerows({key: row[key] for key in COLUMNS} for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('kernels')
    for name in ('cubins', 'nvdisasm', 'occupancy', 'shapes', 'nvcc'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--golden', default=os.path.join(FOLDER, 'golden'))
    parser.add_argument('--update', action='store_true')
    options = parser.parse_args()

    path = os.path.join(options.golden, os.path.splitext(os.path.basename(options.kernels))[0] + '.csv')
    release, golden, golden_release = release_of(options.nvcc), [], None
    if os.path.exists(path):
        golden = read_table(path)
        with open(path, encoding='utf-8') as file:
            golden_release = file.readline().removeprefix('# nvcc ').strip()
    devices = read_devices()
    rows, faults = measure(options.cubins, options.nvdisasm, options.occupancy,
                           launch_shapes(options.shapes, devices), devices)
    if options.update:
        write_golden(path, rows, release)
        golden, golden_release = read_table(path), release
    better = []
    comparable = not golden or golden_release == release
    if not comparable:
        print(f'SKIPPED: nvcc is {release}, the budgets are of {golden_release}: counts are not compared')
    else:
        worse, better = compare(rows, golden)
        faults += worse
    for sentence in better:
        print('better:', sentence, '(--update makes it the budget)')
    for sentence in faults:
        print('FAULT:', sentence)
    kernels = len({row['kernel'] for row in rows})
    print(f'{options.kernels}: {kernels} kernels on {len({row["architecture"] for row in rows})} '
          f'architectures, {len(faults)} faults')
    if faults or not rows:
        return 1
    return 0 if comparable else SKIPPED


if __name__ == '__main__':
    sys.exit(main())
