#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd relax as a user runs it: a minimum that another program confirms, files, refusals, exit codes."""

import json
import unittest

from cli import ROOT, CommandLineTest


class Relax(CommandLineTest):
    def test_a_relaxed_molecule_stays_relaxed(self):
        ethanol = ROOT / "examples/ethanol.xyz"
        result = json.loads(self.succeed(f"relax --model tiny --input {ethanol} --output min.xyz --frequencies "
                                         "--force-limit 1e-4 --json").stdout)
        self.assertTrue(result["relaxed"])
        self.assertEqual(result["formula"], "C2H6O")
        self.assertEqual(len(result["frequencies_cm1"]), 3 * 9 - 6)
        self.assertEqual(result["frequencies_cm1"], sorted(result["frequencies_cm1"]))
        self.assertGreater(result["frequencies_cm1"][0], 0.0)
        # Another engine says that there are no forces and the same energy.
        seen = json.loads(self.succeed("eval --model tiny --input min.xyz --device reference --json").stdout)
        self.assertLess(max(abs(x) for f in seen["forces_eV_per_Angstrom"] for x in f), 1e-4)
        self.assertAlmostEqual(seen["energy_eV"], result["energy_eV"], places=7)
        again = json.loads(self.succeed("relax --model tiny --input min.xyz --force-limit 2e-4 --json").stdout)
        self.assertEqual(again["steps"], 0)

    def test_the_animation_is_the_mode(self):
        self.succeed("relax --model tiny --input water.xyz --output min.xyz --frequencies --mode 3 "
                     "--animation a.xyz --amplitude 0.1 --quiet")
        frames = (self.folder / "a.xyz").read_text(encoding="utf-8").split("\n3\n")
        self.assertEqual(len(frames), 24)
        places = [[list(map(float, line.split()[1:4])) for line in frame.strip().splitlines()[-3:]] for frame in frames]
        # A quarter of a period from rest, the atom that moves most is at the amplitude.
        moves = [sum((a - b) ** 2 for a, b in zip(p, q)) ** 0.5 for p, q in zip(places[6], places[0])]
        self.assertAlmostEqual(max(moves), 0.1, places=9)

    def test_refusals(self):
        self.refuse(2, "relax --model tiny", "--input")
        self.refuse(2, "relax --model tiny --input water.xyz --mode 1", "--animation")
        self.refuse(2, "relax --model tiny --input water.xyz --mode 1 --animation a.xyz", "--frequencies")
        self.refuse(3, "relax --model tiny --input water.xyz --frequencies --mode 4 --animation a.xyz",
                    "no such vibration", "1 to 3")
        self.write("min.xyz", "here already")
        self.refuse(7, "relax --model tiny --input water.xyz --output min.xyz", "--overwrite")
        self.assertEqual((self.folder / "min.xyz").read_text(encoding="utf-8"), "here already")

    def test_what_is_not_relaxed_has_its_own_exit_code(self):
        process = self.run_fusemd("relax --model tiny --input water.xyz --steps 1 --output w.xyz")
        self.assertEqual(process.returncode, 6)
        self.assertIn("NOT RELAXED", process.stdout)
        self.assertIn("w.xyz", self.files())


if __name__ == "__main__":
    unittest.main()
