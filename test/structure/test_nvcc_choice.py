#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/lib/nvcc.sh: which compiler FUSEMD_NVCC chooses, with stand-ins for compilers, and without a network."""

import os
import stat
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
SCRIPT = '''
source "$ROOT/tools/lib/nvcc.sh"
# What this machine has must not matter.
command() { if [ "$1" = -v ] && [ "$2" = nvcc ]; then return 1; fi; builtin command "$@"; }
fusemd_find_nvcc "$FOLDER" || exit $?
echo "kind $FUSEMD_NVCC_KIND"
echo "path $FUSEMD_NVCC_PATH"
echo "cmake ${FUSEMD_CMAKE_CUDA[*]}"
'''


class Choice(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def compiler(self, path, release):
        """A stand-in for nvcc with its disassembler."""
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for name in (path, os.path.join(os.path.dirname(path), 'nvdisasm')):
            with open(name, 'w', encoding='utf-8') as file:
                file.write(f'#!/bin/sh\necho "Cuda compilation tools, release {release}, V{release}.1"\n')
            os.chmod(name, stat.S_IRWXU)
        return path

    def wheels(self):
        """What an earlier call fetched."""
        with open(os.path.join(ROOT, 'tools/lib/nvcc.sh'), encoding='utf-8') as file:
            text = file.read()
        nvcc = self.compiler('cuda-pypi/nvidia/cu13/bin/nvcc', '13.0')
        stamp = 'source /dev/stdin; printf %s "${FUSEMD_CUDA_PACKAGES[*]/%/==$FUSEMD_CUDA_RELEASE.*} ${FUSEMD_CUDA_TOOLS[*]}"'
        wanted = subprocess.run(['bash', '-c', stamp], input=text, capture_output=True, text=True, check=True).stdout
        with open(os.path.join(self.folder, 'cuda-pypi/requirements'), 'w', encoding='utf-8') as file:
            file.write(wanted)
        return nvcc

    def choose(self, **environment):
        environment = {'PATH': os.environ['PATH'], 'ROOT': ROOT, 'FOLDER': self.folder,
                       'PIP_INDEX_URL': 'http://127.0.0.1:9/', 'PIP_RETRIES': '0',
                       'CUDACXX': os.path.join(self.folder, 'none'), **environment}
        done = subprocess.run(['bash', '-c', SCRIPT], env=environment, capture_output=True, text=True, check=False)
        answers = dict(line.partition(' ')[::2] for line in done.stdout.splitlines())
        return done, answers

    def test_system(self):
        nvcc = self.compiler('toolkit/bin/nvcc', '13.0')
        for forced in ({}, {'FUSEMD_NVCC': 'system'}):
            done, answers = self.choose(CUDACXX=nvcc, **forced)
            self.assertEqual((done.returncode, answers['kind'], answers['path']), (0, 'system', nvcc))
            self.assertEqual(answers['cmake'], f'-DFUSEMD_WITH_CUDA=ON -DCMAKE_CUDA_COMPILER={nvcc} '
                                               f'-DFUSEMD_NVDISASM={os.path.dirname(nvcc)}/nvdisasm')

    def test_an_old_compiler_is_passed_over(self):
        old, new = self.compiler('old/bin/nvcc', '11.8'), self.compiler('new/bin/nvcc', '12.8')
        done, answers = self.choose(CUDACXX=old, CUDA_PATH=os.path.dirname(os.path.dirname(new)),
                                    FUSEMD_NVCC='system')
        self.assertEqual(answers['path'], new)
        self.assertIn(f'passing over {old} (release 11.8, need 12.8)', done.stderr)

    def test_wheels_although_there_is_a_system_compiler(self):
        wheel, system = self.wheels(), self.compiler('toolkit/bin/nvcc', '13.0')
        done, answers = self.choose(CUDACXX=system, FUSEMD_NVCC='pypi')
        self.assertEqual((done.returncode, answers['kind'], answers['path']), (0, 'pypi', wheel))

    def test_wheels_that_cannot_be_fetched_are_an_error(self):
        done, _ = self.choose(CUDACXX=self.compiler('toolkit/bin/nvcc', '13.0'), FUSEMD_NVCC='pypi')
        self.assertEqual(done.returncode, 1)
        self.assertIn('FUSEMD_NVCC=pypi, but there is no such compiler here', done.stderr)

    def test_none_although_there_is_a_compiler(self):
        done, answers = self.choose(CUDACXX=self.compiler('toolkit/bin/nvcc', '13.0'), FUSEMD_NVCC='none', CI='true')
        self.assertEqual((done.returncode, answers['kind'], answers['path']), (0, 'none', ''))
        self.assertEqual(answers['cmake'], '-DFUSEMD_WITH_CUDA=OFF')

    def test_another_word_is_refused(self):
        done, _ = self.choose(FUSEMD_NVCC='conda')
        self.assertEqual(done.returncode, 1)
        self.assertIn('FUSEMD_NVCC is "conda"; it may be system, pypi or none', done.stderr)


if __name__ == '__main__':
    unittest.main()
