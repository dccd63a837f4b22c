#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo's job from end to end, and what ASE makes of its trajectory."""

import os
import subprocess
import unittest

from cli import FUSEMD, ROOT, CommandLineTest, require_ase

ase_io = require_ase()


class Demo(CommandLineTest):
    def test_benzene_with_every_model(self):
        for model in ("original", "tiny", "ultra_tiny"):
            with self.subTest(model=model):
                self.succeed(f"run --model {model} --input {ROOT}/examples/benzene.xyz --steps 2000 --out {model}")
                frames = ase_io.read(self.folder / model / "trajectory.xyz", index=":")
                self.assertEqual(len(frames), 21)
                rows = [line.split(",") for line in (self.folder / model / "log.csv").read_text().splitlines()[1:]]
                self.assertEqual(len(rows), 21)
                for frame, row in zip(frames, rows):
                    self.assertEqual(frame.get_chemical_formula(), "C6H6")
                    self.assertFalse(frame.pbc.any())
                    # The log's columns, from ASE's own reading of the frame. ASE's constants are those of 2014.
                    self.assertAlmostEqual(frame.get_potential_energy(), float(row[3]), delta=1e-9)
                    self.assertAlmostEqual(frame.get_kinetic_energy(), float(row[4]), delta=1e-6)
                    self.assertEqual(frame.get_forces().shape, (12, 3))
                    # An isolated molecule: forces and momenta cancel, forces up to float rounding.
                    self.assertLess(abs(frame.get_forces().sum(axis=0)).max(), 1e-4)
                    self.assertLess(abs(frame.get_momenta().sum(axis=0)).max(), 1e-4)
                # 1 ps at constant energy: velocity Verlet at 0.5 fs wanders by well under 1 meV an atom.
                total = [float(row[5]) for row in rows]
                self.assertLess((max(total) - min(total)) / 12, 1e-3)
                self.assertGreater(abs(frames[-1].positions - frames[0].positions).max(), 0.01)

    def test_the_script(self):
        """Its table, and that it may be run again: with this build's program, fewer steps and a folder of its own."""
        tables = []
        for _ in range(2):
            process = subprocess.run(["tools/run-demo"], cwd=ROOT, capture_output=True, text=True, check=False,
                                     env={**os.environ, "FUSEMD": FUSEMD, "FUSEMD_DEMO_STEPS": "2000",
                                          "FUSEMD_DEMO_FOLDER": str(self.folder / "demo")})
            self.assertEqual((process.returncode, process.stderr), (0, ""))
            lines = process.stdout.splitlines()
            self.assertEqual(lines[0], "benzene, 12 atoms, 2000 steps of 0.5 fs at constant energy, from 300 K")
            self.assertRegex(lines[1], "^on .+")
            self.assertRegex(lines[3], "^model +steps/s +us/step +ns/day +drift, meV/atom/ps +temperature +trajectory$")
            tables.append([])
            for model, line in zip(("original", "tiny", "ultra_tiny"), lines[4:], strict=True):
                name, speed, time, days, drift, _, error, kelvin, unit, trajectory = line.split()
                self.assertEqual((name, unit), (model, "K"))
                self.assertAlmostEqual(float(speed) * float(time), 1e6, delta=2e4)
                self.assertAlmostEqual(float(speed) * 0.5e-6 * 86400, float(days), delta=0.1)
                self.assertEqual(trajectory, str(self.folder / "demo" / model / "trajectory.xyz"))
                self.assertEqual(len(ase_io.read(trajectory, index=":")), 21)
                self.assertTrue(100 < float(kelvin) < 300 and float(error) > 0.0)
                tables[-1].append((name, drift, error, kelvin))
        self.assertEqual(*tables)  # what is physics has the same digits


if __name__ == "__main__":
    unittest.main()
