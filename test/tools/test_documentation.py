#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the examples of the documentation as they stand.

In a ```console block, a line that begins with "$ " is a command for bash. It must end with 0, or with N if "# exits
with N" stands behind it. Each line below it must stand in what it prints, in this order; "..." stands for anything.
Blocks of one page share a folder, which has examples/ in it. Other blocks are not run."""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from cli import FUSEMD, ROOT, CommandLineTest

PAGES = ("README.md", "docs/command-line.md", "docs/import.md")


def examples(text):
    """(line number, command, exit code, expected lines) of each command on a page."""
    found, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line.strip() == "```console"
        elif inside and line.startswith("$ "):
            stated = re.search(r"\s+# exits with (\d+)$", line)
            command = line[2:stated.start()] if stated else line[2:]
            found.append((number, command, int(stated.group(1)) if stated else 0, []))
        elif inside and line.strip():
            found[-1][3].append(line.rstrip())
    return found


def missing_line(expected, output):
    """The first expected line that does not stand in the output, in order; None if all do."""
    lines = iter(output.splitlines())
    for want in expected:
        pattern = re.compile(r"\s*" + r".*".join(map(re.escape, re.split(r"\s*\.\.\.\s*", want.strip()))))
        if not any(pattern.match(line) for line in lines):
            return want
    return None


def prepare(page, folder):
    """Puts files into the folder that a page takes for granted; False if this machine cannot make them."""
    (folder / "examples").symlink_to(ROOT / "examples")
    if page != "docs/import.md":
        return True
    weights = Path(os.environ["FUSEMD_SHARED"]) / "reference" / "weights" / "tiny.json"
    command = [sys.executable, "-B", str(ROOT / "test/tools/write_trained.py"), str(weights), str(folder)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if process.returncode != 0 and os.environ.get("CI"):
        raise RuntimeError(process.stderr)
    if process.returncode != 0:
        print(f"SKIPPED: {page}: PyTorch or {weights} is missing", file=sys.stderr)
    return process.returncode == 0


class Documentation(CommandLineTest):
    def test_the_runner_itself(self):
        text = "```console\n$ a  # exits with 2\nx ... y\n```\n```sh\n$ not run\n```\n"
        self.assertEqual(examples(text), [(2, "a", 2, ["x ... y"])])
        self.assertIsNone(missing_line(["a ... c", "d"], "0\na b c\nd e"))
        self.assertEqual(missing_line(["d", "a ... c"], "a b c\nd"), "a ... c")
        self.assertEqual(missing_line(["1,000"], "10000"), "1,000")

    def test_pages(self):
        environment = {**os.environ, "PATH": f"{Path(FUSEMD).parent}:{os.environ['PATH']}"}
        for page in PAGES:
            folder = self.folder / page.replace("/", "-")
            folder.mkdir()
            if not prepare(page, folder):
                continue
            commands = examples((ROOT / page).read_text(encoding="utf-8"))
            self.assertGreater(len(commands), 3)
            for number, command, code, expected in commands:
                with self.subTest(where=f"{page}:{number}", command=command):
                    process = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
                    self.assertEqual(process.returncode, code, process.stdout)
                    self.assertIsNone(missing_line(expected, process.stdout), process.stdout)


if __name__ == "__main__":
    unittest.main()
