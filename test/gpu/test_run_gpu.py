#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test/gpu/run-gpu without a GPU: what it calls in which order, and how it ends, with stand-ins for the compiler,
the programs that it builds, and compute-sanitizer."""

import os
import shutil
import stat
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))

# Each stand-in writes its name and arguments to $CALLS. What it says and how it ends is a file's to say.
STAND_IN = '''#!/bin/sh
name=$(basename "$0")
echo "$name $*" >>"$CALLS"
[ "$name" != nvcc ] || echo 'Cuda compilation tools, release 13.0, V13.0.88'
[ ! -e "$ANSWERS/$name" ] || exit "$(cat "$ANSWERS/$name")"
'''
TOOLS = ['memcheck', 'racecheck', 'initcheck', 'synccheck']


class RunGpu(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path in ('test/gpu/run-gpu', 'tools/lib/nvcc.sh'):
            os.makedirs(os.path.join(self.root, os.path.dirname(path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(self.root, path))
        os.mkdir(os.path.join(self.root, 'answers'))
        self.stand_in('bin/nvcc', 'bin/nvdisasm', 'bin/compute-sanitizer', 'path/cmake',
                      'build/gpu/bin/fusemd', 'build/gpu/bin/fusemd-bench', 'build/gpu/test/gpu/fusemd_gpu_test')

    def stand_in(self, *paths):
        for path in paths:
            path = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(STAND_IN)
            os.chmod(path, stat.S_IRWXU)

    def end(self, name, code):
        with open(os.path.join(self.root, 'answers', name), 'w', encoding='utf-8') as file:
            file.write(str(code))

    def run_script(self, *arguments, nvcc='system'):
        """The finished process, and the calls of stand-ins, one a line."""
        calls = os.path.join(self.root, 'calls')
        environment = {'PATH': f'{self.root}/path:/usr/bin:/bin', 'CUDACXX': f'{self.root}/bin/nvcc',
                       'FUSEMD_NVCC': nvcc, 'CALLS': calls, 'ANSWERS': f'{self.root}/answers',
                       'PIP_INDEX_URL': 'http://127.0.0.1:9/', 'PIP_RETRIES': '0'}  # nothing is fetched
        done = subprocess.run([os.path.join(self.root, 'test/gpu/run-gpu'), *arguments], env=environment,
                              capture_output=True, text=True, check=False)
        if not os.path.exists(calls):
            return done, []
        with open(calls, encoding='utf-8') as file:
            # How often the compiler is asked for its release is no matter.
            return done, [line.strip() for line in file if not line.startswith('nvcc ')]

    def test_everything_in_order(self):
        done, calls = self.run_script()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(calls[0].startswith('cmake --preset dev -B build/gpu -DFUSEMD_WITH_CUDA=ON'), calls[0])
        self.assertEqual(calls[1], 'cmake --build build/gpu --target fusemd_gpu_test fusemd fusemd-bench')
        self.assertEqual(calls[2:4], ['fusemd devices', 'fusemd_gpu_test'])
        self.assertEqual([call.split()[:3] for call in calls[4:8]],
                         [['compute-sanitizer', '--tool', tool] for tool in TOOLS])
        self.assertTrue(all('--error-exitcode 1' in call for call in calls[4:8]))
        self.assertEqual([call.split()[0] for call in calls[8:14]], ['fusemd'] * 6)
        self.assertTrue(all('--device cuda' in call for call in calls[8:14]))
        self.assertEqual([call.split()[:2] for call in calls[14:]],
                         [['fusemd-bench', 'md'], ['fusemd-bench', 'micro']])
        self.assertIn('0 of 4 tools of compute-sanitizer left out', done.stdout)

    def test_without_compute_sanitizer_it_ends_at_once(self):
        os.remove(os.path.join(self.root, 'bin/compute-sanitizer'))
        done, calls = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn('no compute-sanitizer here, and it could not be fetched', done.stderr)
        self.assertFalse([call for call in calls if call.startswith('cmake')], calls)

    def test_left_out_by_hand_it_is_counted(self):
        os.remove(os.path.join(self.root, 'bin/compute-sanitizer'))
        done, calls = self.run_script('--without-sanitizer', 'elsewhere')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('results in elsewhere; 4 of 4 tools of compute-sanitizer left out', done.stdout)
        self.assertEqual(calls[-1], 'fusemd-bench micro --json elsewhere/bench-micro.json')

    def test_no_gpu_ends_with_77(self):
        self.end('fusemd_gpu_test', 77)
        done, calls = self.run_script()
        self.assertEqual(done.returncode, 77)
        self.assertEqual(calls[-1], 'fusemd_gpu_test')

    def test_failures_end_it(self):
        for name, code in (('fusemd_gpu_test', 1), ('compute-sanitizer', 1), ('fusemd-bench', 6)):
            with self.subTest(name):
                self.end(name, code)
                done, calls = self.run_script()
                self.assertEqual(done.returncode, code)
                self.assertTrue(calls[-1].startswith(name), calls[-1])
                os.remove(os.path.join(self.root, 'answers', name))

    def test_no_compiler_is_said(self):
        done, calls = self.run_script(nvcc='none')
        self.assertEqual((done.returncode, calls), (4, []))
        self.assertIn('no CUDA compiler', done.stderr)

    def test_unknown_flags_are_refused(self):
        self.assertEqual(self.run_script_alone('--sanitiser').returncode, 2)
        self.assertIn('--without-sanitizer', self.run_script_alone('--help').stdout)

    def run_script_alone(self, *arguments):
        return subprocess.run([os.path.join(self.root, 'test/gpu/run-gpu'), *arguments], capture_output=True,
                              text=True, check=False)


if __name__ == '__main__':
    unittest.main()
