#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/labels as a user runs it: what the teacher says, the same bits in any order, killed and continued, refusals.

Runs in the environment that tools/labels/environment makes; without one it is skipped, which CI counts as a failure."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from cli import ROOT, CommandLineTest

LABELS = ROOT / "tools" / "labels"
FOLDER = Path(os.environ.get("FUSEMD_LABEL_ENVIRONMENT", ROOT / "build" / "label-environment"))
PYTHON = FOLDER / "bin" / "python3"

# A teacher of closed form: springs of 0.02 eV/Angstrom^2 between all atoms, 1.3 Angstrom long.
SPRINGS = '''
import os
import time

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

class Springs(Calculator):
    implemented_properties = ["energy", "forces"]
    label_name = "springs"

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        r = atoms.positions
        d = r[:, None] - r[None]
        length = np.linalg.norm(d, axis=-1) + np.eye(len(r))
        stretch = (length - 1.3) * (1 - np.eye(len(r)))
        self.results = {"energy": 0.005 * (stretch ** 2).sum(),
                        "forces": -0.02 * (stretch[:, :, None] * d / length[:, :, None]).sum(axis=1)}

class Endless(Calculator):
    implemented_properties = ["energy", "forces"]

    def calculate(self, *arguments, **more):
        open(f"worker.{os.getpid()}", "w").close()
        time.sleep(600)

class Blind(Calculator):
    implemented_properties = ["energy"]

def blind():
    return Blind()
'''


def runs(process):
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def frames(path):
    """(comment, [[symbol, x, y, z, fx, fy, fz]]) of each frame."""
    lines, result = path.read_text(encoding="utf-8").splitlines(), []
    while lines:
        n = int(lines[0])
        result.append((lines[1], [[word if k == 0 else float(word) for k, word in enumerate(line.split())]
                                  for line in lines[2:2 + n]]))
        lines = lines[2 + n:]
    return result


def value(comment, key):
    return comment.split(f" {key}=")[1].split(" ")[0]


class Labels(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("springs.py", SPRINGS)

    def command(self, arguments):
        return [str(PYTHON), "-B", str(LABELS / "label"), *arguments.split()]

    def label(self, arguments, code=0):
        process = subprocess.run(self.command(arguments), cwd=self.folder, text=True, capture_output=True,
                                 timeout=300, check=False)
        self.assertEqual(process.returncode, code, process.stderr)
        return process

    SMALL = ("molecules --smiles CCO --name ethanol --teacher springs:Springs --md 6 --temperatures 300,500 --every 2 "
             "--rattled 5 --stretched 5 --rotated 5 --conformers 2 --seed 3")

    def test_labels_are_the_teachers(self):
        self.label(f"{self.SMALL} --out a.xyz --processes 1")
        all_frames = frames(self.folder / "a.xyz")
        self.assertEqual(len(all_frames), 2 * 6 + 15)
        for comment, atoms in all_frames:
            energy, force = 0.0, [0.0, 0.0, 0.0]
            for i, a in enumerate(atoms):
                for j, b in enumerate(atoms[:i]):
                    d = [a[k] - b[k] for k in (1, 2, 3)]
                    length = sum(x * x for x in d) ** 0.5
                    energy += 0.01 * (length - 1.3) ** 2
                    if j == 0:
                        force = [f + 0.02 * (length - 1.3) * x / length for f, x in zip(force, d)]
            # In dynamics seven decimals of positions are written after the label was made.
            self.assertAlmostEqual(float(value(comment, "energy")), energy, places=4)
            for written, expected in zip(atoms[0][4:], force):
                self.assertAlmostEqual(written, expected, places=4)
            self.assertEqual(value(comment, "molecule"), "ethanol")
            self.assertEqual(value(comment, "teacher"), "springs")
        groups = {value(comment, "trajectory") for comment, _ in all_frames}
        self.assertEqual(len(groups), 2 * 2 + 3 * 2)
        about = self.json("a.xyz.json")
        self.assertEqual(about["frames"], len(all_frames))
        self.assertEqual(about["teacher"], "springs")
        self.assertEqual(about["molecules"], {"ethanol": "CCO"})

    def test_the_same_bits_in_any_order_and_after_an_interruption(self):
        self.label(f"{self.SMALL} --out a.xyz --processes 1")
        self.label(f"{self.SMALL} --out b.xyz --processes 2 --quiet")
        first = (self.folder / "a.xyz").read_bytes()
        self.assertEqual((self.folder / "b.xyz").read_bytes(), first)
        process = subprocess.Popen(self.command(f"{self.SMALL} --out c.xyz --processes 1"), cwd=self.folder,
                                   stderr=subprocess.DEVNULL)
        parts = self.folder / "c.xyz.parts"
        for _ in range(3000):
            if parts.is_dir() and any(parts.glob("*.xyz")):
                break
            time.sleep(0.01)
        process.kill()
        process.wait()
        self.assertFalse((self.folder / "c.xyz").exists())
        self.label(f"{self.SMALL} --out c.xyz --processes 1")
        self.assertEqual((self.folder / "c.xyz").read_bytes(), first)
        # Another seed and another split give other frames.
        self.label(f"{self.SMALL} --out d.xyz --processes 1 --split test")
        self.assertNotEqual((self.folder / "d.xyz").read_bytes(), first)

    def test_isomers_pairs_and_geometries(self):
        self.write("table.txt", "# comment\nmalonaldehyde O=CC=CO a\nwater O a\nhcn C#N b\n")
        self.label("molecules --molecules table.txt --set a --teacher springs:Springs --md 0 --rattled 4 --pairs 30 "
                   "--out p.xyz --processes 1")
        groups = {value(comment, "trajectory") for comment, _ in frames(self.folder / "p.xyz")}
        self.assertTrue({"malonaldehyde/train/i0c0/rattled", "malonaldehyde/train/i1c0/rattled"} <= groups, groups)
        self.assertFalse(any(group.startswith("hcn") for group in groups))
        pairs = [atoms for comment, atoms in frames(self.folder / "p.xyz")
                 if value(comment, "trajectory") == "water+water/train/pair"]
        self.assertGreater(len(pairs), 5)
        for atoms in pairs:
            gaps = {}
            for a in atoms[:3]:
                for b in atoms[3:]:
                    heavy = a[0] == b[0] == "O"
                    gaps[heavy] = min(gaps.get(heavy, 9.0), sum((a[k] - b[k]) ** 2 for k in (1, 2, 3)) ** 0.5)
            self.assertGreater(min(gaps.values()), 1.69)
            self.assertLess(min(gaps.values()), 6.01)
            self.assertGreater(gaps[True], 2.39)

    def test_single_points_keep_their_keys(self):
        self.write("g.xyz", "1\nmolecule=m trajectory=run7 temperature_K=300\nH 0 0 0\n"
                            "2\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nH 0 0 0\nH 0 0 1.5\n")
        self.label("frames --frames g.xyz --teacher springs:Springs --out l.xyz --processes 1")
        (first, _), (second, atoms) = frames(self.folder / "l.xyz")
        self.assertEqual(value(first, "trajectory"), "run7")
        self.assertAlmostEqual(float(value(second, "energy")), 0.01 * 0.2 ** 2, places=9)
        self.assertAlmostEqual(atoms[1][6], -0.02 * 0.2, places=6)

    def test_workers_of_a_killed_run_end(self):
        process = subprocess.Popen(self.command("molecules --smiles CCO --teacher springs:Endless --out x.xyz --processes 2 "
                                                "--md 0 --rattled 4 --stretched 4"), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        workers = []
        for _ in range(6000):
            workers = [int(path.suffix[1:]) for path in self.folder.glob("worker.*")]
            if len(workers) == 2:
                break
            time.sleep(0.01)
        self.assertEqual(len(workers), 2)
        process.kill()
        process.wait()
        for _ in range(3000):
            if not any(runs(worker) for worker in workers):
                break
            time.sleep(0.01)
        left = [worker for worker in workers if runs(worker)]
        for worker in left:
            os.kill(worker, signal.SIGKILL)
        self.assertFalse(left)

    def test_frames_of_several_jobs_keep_their_order(self):
        distances = [0.9 + 0.002 * k for k in range(430)]
        self.write("many.xyz", "\n0\nno atoms\n" + "".join(f"2\n\nH 0 0 0\nH 0 0 {d:.3f}\n" for d in distances) + "\n")
        self.label("frames --frames many.xyz --teacher springs:Springs --out l.xyz --processes 2")
        labelled = frames(self.folder / "l.xyz")
        self.assertEqual([atoms[1][3] for _, atoms in labelled], [round(d, 3) for d in distances])
        for (comment, _), distance in zip(labelled, distances):
            self.assertAlmostEqual(float(value(comment, "energy")), 0.01 * (distance - 1.3) ** 2, places=8)

    def test_frequencies_of_water_are_the_teachers(self):
        self.label("frequencies --smiles O --name water --out f.xyz --processes 1")
        (comment, atoms), = frames(self.folder / "f.xyz")
        wavenumbers = [float(w) for w in comment.split('frequencies_cm1="')[1].split('"')[0].split()]
        # ASE's own normal modes of the same geometry.
        program = ("from ase.io import read; from ase.vibrations import Vibrations; from tblite.ase import TBLite\n"
                   "a = read('f.xyz'); a.calc = TBLite(method='GFN2-xTB', accuracy=0.1, verbosity=0)\n"
                   "v = Vibrations(a, delta=0.005); v.run(); print(*v.get_frequencies().real)")
        process = subprocess.run([str(PYTHON), "-c", program], cwd=self.folder, text=True, capture_output=True,
                                 check=True, timeout=300)
        expected = sorted(float(word) for word in process.stdout.split()[-9:])[-3:]
        for found, other in zip(wavenumbers, expected):
            self.assertAlmostEqual(found, other, delta=0.5)  # ASE leaves rigid motions in: bends mix a little
        self.assertLess(max(abs(x) for atom in atoms for x in atom[4:]), 1e-3)
        self.assertTrue(value(comment, "teacher").startswith("GFN2-xTB/tblite-"))

    def test_refusals(self):
        for arguments, words in (
                ("molecules --smiles C1CC --out x.xyz", "not a SMILES"),
                ("molecules --smiles [NH4+] --out x.xyz", "charged"),
                ("molecules --smiles [CH3] --out x.xyz", "unpaired"),
                ("molecules --smiles C.C --out x.xyz", "more than one molecule"),
                ("molecules --out x.xyz", "--smiles"),
                ("molecules --smiles C --teacher nothing:here --out x.xyz", "nothing"),
                ("molecules --smiles C --teacher springs --out x.xyz", "MODULE:FACTORY"),
                ("molecules --smiles C --teacher springs:blind --out x.xyz", "no forces"),
                ("frames --frames missing.xyz --out x.xyz", "missing.xyz"),
                ("molecules --molecules missing.txt --out x.xyz", "missing.txt")):
            with self.subTest(arguments=arguments):
                process = self.label(arguments, 3)
                self.assertIn(words, process.stderr)
                self.assertNotIn("Traceback", process.stderr)
        self.write("not.xyz", "1\n\nH 0 0 0\nH2\n")
        self.assertIn("not.xyz: byte 11", self.label("frames --frames not.xyz --out x.xyz", 3).stderr)
        self.write("twice.txt", "a C x\na CC x\n")
        self.assertIn("twice.txt:2", self.label("molecules --molecules twice.txt --out x.xyz", 3).stderr)
        self.write("short.txt", "a C\n")
        self.assertIn("short.txt:1", self.label("molecules --molecules short.txt --out x.xyz", 3).stderr)


if __name__ == "__main__":
    if not PYTHON.exists():
        print(f"SKIPPED: no environment in {FOLDER} (tools/labels/environment makes it)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)
    unittest.main()
