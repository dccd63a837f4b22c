#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/lib/setup.sh where it may not install: the line that it prints to type, with stand-ins for apt-get and sudo."""

import os
import stat
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
# What this machine has must not matter: two needs are missing, the user is the one that a test says.
SCRIPT = '''
source "$ROOT/tools/lib/setup.sh"
setup_missing() { [ -e "$FOLDER/installed" ] || printf 'ninja-build\\nlibhwy-dev\\n'; }
id() { echo "$USER_ID"; }
setup_install "$FOLDER/apt.log" ninja highway </dev/null
echo "went on"
'''
LINE = 'apt-get update && apt-get install --no-install-recommends libhwy-dev ninja-build'


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, 'bin'))
        for tool in ('bash', 'sort', 'tr', 'mkdir', 'dirname', 'tail', 'env', 'touch'):
            self.link(tool)

    def link(self, tool):
        for folder in ('/usr/bin', '/bin'):
            if os.path.exists(f'{folder}/{tool}'):
                os.symlink(f'{folder}/{tool}', os.path.join(self.folder, 'bin', tool))
                return

    def stand_in(self, name, text):
        path = os.path.join(self.folder, 'bin', name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write('#!/bin/bash\n' + text + '\n')
        os.chmod(path, stat.S_IRWXU)

    def install(self, user):
        environment = {'PATH': os.path.join(self.folder, 'bin'), 'ROOT': ROOT, 'FOLDER': self.folder,
                       'USER_ID': str(user)}
        return subprocess.run(['/bin/bash', '-c', SCRIPT], env=environment, capture_output=True, text=True, check=False)

    def refused(self, done, *words):
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        for word in words:
            self.assertIn(word, done.stderr)

    def test_no_apt(self):
        self.refused(self.install(0), 'no apt-get: libhwy-dev ninja-build')

    def test_no_sudo(self):
        self.stand_in('apt-get', 'touch "$FOLDER/called"')
        self.refused(self.install(1000), 'Type this as root', f'\n  {LINE}\n')
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'called')))

    def test_sudo_that_asks_for_a_password(self):
        self.stand_in('apt-get', 'touch "$FOLDER/called"')
        self.stand_in('sudo', 'exit 1')
        self.refused(self.install(1000), 'Type this as root', f'\n  {LINE}\n')
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'called')))

    def test_apt_that_fails(self):
        self.stand_in('apt-get', 'echo "E: no such package"; exit 100')
        self.refused(self.install(0), 'E: no such package', 'apt-get failed', f'\n  {LINE}\n')

    def test_what_is_missing_after_all(self):
        self.stand_in('apt-get', 'exit 0')
        self.refused(self.install(0), 'still missing after installation: libhwy-dev ninja-build')

    def test_installed_as_root_and_through_sudo(self):
        self.stand_in('apt-get', '[ "$1" = update ] || touch "$FOLDER/installed"')
        self.stand_in('sudo', '[ "$1" = -n ] && shift; [ "$1" = true ] || exec "$@"')
        for user in (0, 1000):
            done = self.install(user)
            self.assertEqual((done.returncode, done.stdout), (0, 'went on\n'), done.stderr)
            self.assertEqual(done.stderr, 'installing libhwy-dev ninja-build\n')
            os.remove(os.path.join(self.folder, 'installed'))


if __name__ == '__main__':
    unittest.main()
