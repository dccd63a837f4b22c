#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo's job from end to end, and what ASE makes of its trajectory."""

import unittest

from cli import ROOT, CommandLineTest, require_ase

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


if __name__ == "__main__":
    unittest.main()
