#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Why a GPU cannot be used, in words and with exit code 4, where nothing else is at fault. FUSEMD_STATED names a fusemd
whose devices FUSEMD_STATED_DEVICES states (stated_devices.cpp); without it this build has no CUDA."""

import json
import os
import unittest

import cli

STATED = os.environ.get('FUSEMD_STATED', '')
NO_DEVICE = 4
RUN = f'run --model {cli.ROOT}/weights/ultra_tiny.json --input water.xyz --out out --steps 1 --device '
# What is stated, and the reason that a user reads.
REASONS = [
    ('none', 'there is no NVIDIA driver on this machine'),
    ('old 12020', 'the NVIDIA driver is too old: it knows CUDA 12.2, this fusemd needs 13.0'),
    ('empty', 'the NVIDIA driver finds no GPU'),
    ('error initialization error', 'the NVIDIA driver says: initialization error'),
]


def state(what):
    return {'env': {**os.environ, 'FUSEMD_STATED_DEVICES': what}}


class WithCuda(cli.CommandLineTest):
    def setUp(self):
        super().setUp()
        if not STATED:
            self.skipTest('a build without CUDA')

    def description(self, name, what):
        """The entry of `fusemd devices`, which ends with 0 whatever is missing."""
        devices = json.loads(self.succeed('devices --json', **state(what)).stdout)
        return next(device for device in devices if device['name'] == name)

    def test_each_reason(self):
        for what, why in REASONS:
            with self.subTest(what):
                self.refuse(NO_DEVICE, RUN + 'cuda', 'device cuda cannot be used: ' + why, '--device cpu',
                            **state(what))
                self.assertEqual(self.description('cuda', what),
                                 {'name': 'cuda', 'usable': False, 'description': why})

    def test_a_device_that_is_too_old(self):
        self.refuse(NO_DEVICE, RUN + 'cuda', 'Tesla V100, compute capability 7.0', 'is older than compute capability 7.5',
                    **state('70 Tesla V100'))
        self.assertFalse(self.description('cuda:0', '70 Tesla V100')['usable'])

    def test_a_number_that_no_device_has(self):
        self.refuse(NO_DEVICE, RUN + 'cuda:1', 'device cuda:1 cannot be used: this machine has 1, numbered from 0',
                    **state('90 NVIDIA H100'))

    def test_a_usable_device_is_described(self):
        found = self.description('cuda:0', '90 NVIDIA H100')
        self.assertTrue(found['usable'])
        self.assertEqual(found['description'],
                         'NVIDIA H100, compute capability 9.0, 80 multiprocessors, 16 GB')


class WithoutCuda(cli.CommandLineTest):
    def test_the_build_is_named(self):
        if STATED:
            self.skipTest('a build with CUDA')
        why = 'this fusemd was built without CUDA kernels'
        self.refuse(NO_DEVICE, RUN + 'cuda', 'device cuda cannot be used: ' + why, '--device cpu')
        devices = json.loads(self.succeed('devices --json').stdout)
        self.assertEqual(devices[-1], {'name': 'cuda', 'usable': False, 'description': why})


if __name__ == '__main__':
    cli.FUSEMD = STATED or cli.FUSEMD
    unittest.main()
