#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""benchmarks/peers/run.py with Debian's PyTorch: both of its forms of the model give fusemd's forces, and the report takes
the file. FUSEMD names fusemd-bench."""

import json
import os
import subprocess
import sys
import unittest

from cli import FUSEMD, ROOT, CommandLineTest

# docs/numerics.md: rounding 4e-5, a table of 512 intervals 1e-4 eV/Angstrom at most.
MOST_DEVIATION = 2e-4


class Peers(CommandLineTest):
    def test_pytorch_computes_the_same_model(self):
        process = subprocess.run(
            [sys.executable, "-B", str(ROOT / "benchmarks/peers/run.py"), "--bench", FUSEMD, "--output",
             str(self.folder / "peers.json"), "--environments", str(self.folder / "environments"), "--models",
             "ultra_tiny", "--threads", "1", "--rounds", "1", "--seconds", "0.05", "--only", "PyTorch 1.13"],
            capture_output=True, text=True, timeout=280, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        result = self.json("peers.json")
        self.assertEqual(result["missing"], {})
        rows = {row["peer"]: row for row in result["rows"]}
        self.assertEqual(sorted(rows), ["PyTorch 1.13 + ASE", "PyTorch 1.13, best form", "fusemd"])
        for name, row in rows.items():
            self.assertLess(row["force_error"], MOST_DEVIATION, name)
            self.assertGreater(row["steps_per_second"], 0.0)
            self.assertGreater(row["memory_bytes"], 1e6)
        self.assertGreater(rows["PyTorch 1.13, best form"]["force_error"], 0.0)


if __name__ == "__main__":
    if subprocess.run(["/usr/bin/python3", "-c", "import torch, ase"], capture_output=True, check=False).returncode != 0:
        print("SKIPPED: PyTorch or ASE is missing (python3-torch, python3-ase)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)
    unittest.main()
