#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the steps of the report again and writes counts.json: update_counts.py PROGRAM CHAINS NVCC"""

import sys

from step_counts import TABLE, cases, count, key, release_of, write_table


def main():
    program, chains, nvcc = sys.argv[1:]
    steps = {}
    for case in cases():
        print('counting a step:', key(*case), flush=True)
        steps.update(count(program, chains, [case]))
    write_table({'nvcc': release_of(nvcc), 'steps': steps})
    print(f'wrote {TABLE}')


if __name__ == '__main__':
    main()
