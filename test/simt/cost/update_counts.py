#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the steps of the report again and writes counts.json: update_counts.py PROGRAM CHAINS NVCC"""

import sys

from step_counts import CASES, MODELS, TABLE, count, release_of, write_table


def main():
    program, chains, nvcc = sys.argv[1:]
    steps = {}
    for model in MODELS:
        for system, replicas in CASES:
            print(f'counting a step: {model}, {system}, {replicas} replicas', flush=True)
            steps.update(count(program, chains, [(model, system, replicas)]))
    write_table({'nvcc': release_of(nvcc), 'steps': steps})
    print(f'wrote {TABLE}')


if __name__ == '__main__':
    main()
