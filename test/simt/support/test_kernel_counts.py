#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/lib/kernel_counts.awk and the programs whose last lines it reads: run, so that it cannot miss a changed word.

    test_kernel_counts.py FAULTS_PROGRAM CASES_PROGRAM
"""

import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', '..'))
FAULTS, CASES = sys.argv[1:3]
CUT_FILE = os.path.join(ROOT, 'test', 'simt', 'examples', 'block_sum.cuh')


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def counted(text):
    return subprocess.run(['awk', '-f', os.path.join(ROOT, 'tools', 'lib', 'kernel_counts.awk')], input=text,
                          capture_output=True, text=True, check=True).stdout


class KernelCounts(unittest.TestCase):
    def test_cases_are_added_up(self):
        text = output(CASES, '--seeds', '2', 'block_sum')
        passed = int(re.search(r'^(\d+) cases passed', text, re.M)[1])
        self.assertGreater(passed, 0)
        self.assertEqual(counted(text + 'something else\n' + text),
                         f'  cases: {2 * passed} in 2 programs, {6 * passed} runs with shuffled schedules\n')

    def test_cuts_are_added_up(self):
        text = output(CASES, '--cuts', CUT_FILE)
        cuts, reported = map(int, re.search(r'(\d+) cuts: (\d+) reported', text).groups())
        self.assertGreater(cuts, 0)
        self.assertRegex(counted(text + text), f'^  barrier cuts: {2 * cuts}, {2 * reported} reported, ')

    def test_faults_are_told_by_level(self):
        text = output(FAULTS, 'plain', '0')
        faults = int(re.search(r'^(\d+) faults', text, re.M)[1])
        self.assertRegex(counted(text), f'^  faults: {faults} planted, level plain: [1-9]\\d* reports in [1-9]\\d* runs\n')

    def test_nothing_is_nothing(self):
        self.assertEqual(counted('3 cases passed\n'), '')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
