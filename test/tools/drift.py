#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Benzene at constant energy for 100 ps with each shipped model, through the program: the slope of the total energy and
its standard error, as benchmarks/RESULTS.md states them."""

import sys
import unittest

from cli import ROOT, CommandLineTest

STEPS = 200_000  # of 0.5 fs
SLOPE, ERROR = 0.01, 0.003  # meV/atom/ps


class Drift(CommandLineTest):
    def test_100_ps(self):
        for model in ("original", "tiny", "ultra_tiny"):
            with self.subTest(model=model):
                self.succeed(f"run --model {model} --input {ROOT}/examples/benzene.xyz --steps {STEPS} --timestep 0.5 "
                             f"--temperature 300 --frame-every 0 --out {model} --quiet")
                summary = self.json(f"{model}/summary.json")
                slope = summary["drift_slope_meV_per_atom_per_ps"]
                error = summary["drift_slope_standard_error_meV_per_atom_per_ps"]
                print(f"{model}: {slope:.5f} +- {error:.5f} meV/atom/ps, at {summary['mean_temperature_K']:.0f} K",
                      file=sys.stderr)
                self.assertEqual(summary["steps"], STEPS)
                self.assertLessEqual(abs(slope), SLOPE)
                self.assertLessEqual(error, ERROR)
                self.assertGreater(error, 0.0)  # there are enough rows to tell
                self.assertGreater(summary["mean_temperature_K"], 100)  # it moved


if __name__ == "__main__":
    unittest.main()
