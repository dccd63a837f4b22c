# SPDX-License-Identifier: MIT
"""Runs the program that FUSEMD names, in a scratch folder, for the tests beside this file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUSEMD = os.environ["FUSEMD"]
WATER = "3\nwater\nO 0 0 0.1178\nH 0 0.7555 -0.4712\nH 0 -0.7555 -0.4712\n"
SQUEEZED = "3\nwater with a short bond\nO 0 0 0.1\nH 0 0.45 -0.3\nH 0 -0.7555 -0.4712\n"


def require_ase():
    """Skips the program without ASE; on CI that is a failure."""
    try:
        import ase.io
        return ase.io
    except ImportError:
        print("SKIPPED: ASE is missing (python3-ase)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)


class CommandLineTest(unittest.TestCase):
    """Each test has a scratch folder of its own, which is the program's working folder."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="fusemd-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.write("water.xyz", WATER)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def start(self, arguments, **options):
        return subprocess.Popen([FUSEMD, *arguments.split()], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run_fusemd(self, arguments, stdin="", **options):
        """Runs and returns the finished process; arguments are split at blanks."""
        return subprocess.run([FUSEMD, *arguments.split()], cwd=self.folder, input=stdin, text=True,
                              capture_output=True, timeout=300, check=False, **options)

    def succeed(self, arguments, **options):
        process = self.run_fusemd(arguments, **options)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process

    def refuse(self, code, arguments, *fragments, **options):
        """Ends with `code`; standard error has every fragment, and standard output is empty."""
        process = self.run_fusemd(arguments, **options)
        self.assertEqual(process.returncode, code, process.stderr)
        self.assertEqual(process.stdout, "")
        for fragment in fragments:
            self.assertIn(fragment, process.stderr)
        self.assertTrue(process.stderr.startswith("fusemd: "), process.stderr)
        for secret in (str(ROOT) + "/host", ".cpp", "terminate called", "what():"):
            self.assertNotIn(secret, process.stderr)
        return process

    def files(self):
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())

    def json(self, name):
        return json.loads((self.folder / name).read_text(encoding="utf-8"))
