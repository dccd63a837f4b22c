#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replicas that go wrong: stopped alone, reported, and the rest untouched."""

import base64
import json
import os
import random
import struct
import unittest

from cli import ROOT, SQUEEZED, WATER, CommandLineTest

DIVERGED = 5
ATOMS = (("O", 0, 0, 0.1178), ("H", 0, 0.7555, -0.4712), ("H", 0, -0.7555, -0.4712))


def waters(count, planted=None):
    """Slightly different molecules; in number `planted` an H atom lies 0.48 Angstrom from the O."""
    chance = random.Random(5)
    text = []
    for number in range(count):
        lines = [f"{e} " + " ".join(f"{x + chance.uniform(-0.02, 0.02):.6f}" for x in r) for e, *r in ATOMS]
        if number == planted:
            lines[2] = "H 0 -0.38 -0.15"
        text.append("3\nwater\n" + "\n".join(lines) + "\n")
    return "".join(text)


class Limits(CommandLineTest):
    def rows_without(self, name, replica):
        lines = (self.folder / name / "log.csv").read_text().splitlines()
        return [line for line in lines if line.split(",")[2] != str(replica)]

    def frames_at(self, name, step):
        """The text of each replica's frame at a step."""
        frames = (self.folder / name / "trajectory.xyz").read_text().split("3\nProperties")[1:]
        return {int(f.split(" replica=", 1)[1].split(maxsplit=1)[0]): f for f in frames if f" step={step} " in f}

    def test_one_of_ten_thousand_blows_up(self):
        """one of 10,000 replicas blows up | it is stopped with a table and exit code 5; 9,999 have the same bits"""
        count = 500 if os.environ.get("FUSEMD_SANITIZE") else 10_000
        planted = count * 2 // 5
        self.write("good.xyz", waters(count))
        self.write("bad.xyz", waters(count, planted))
        options = f"run --model ultra_tiny --replicas {count} --steps 60 --log-every 20 --frame-every 60 --quiet "
        self.succeed(options + "--input good.xyz --out good")
        process = self.run_fusemd(options + "--input bad.xyz --out bad")
        self.assertEqual(process.returncode, DIVERGED)
        self.assertRegex(process.stderr, rf"stopped replicas\n  replica +step  reason\n +{planted} +\d+  the ")
        self.assertEqual(len(self.rows_without("good", planted)), 1 + 4 * (count - 1))
        self.assertEqual(self.rows_without("good", planted), self.rows_without("bad", planted))
        self.assertEqual([f["replica"] for f in self.json("bad/summary.json")["failed_replicas"]], [planted])
        # The last positions, velocities and forces of the others, too.
        ends = [self.frames_at(name, 60) for name in ("good", "bad")]
        self.assertEqual(len(ends[0]), count)
        del ends[0][planted]
        self.assertEqual(*ends)

    def test_last_good_steps_are_kept(self):
        """a replica is stopped | its last good steps lie in failed/, and restarts keep what failed"""
        self.write("two.xyz", WATER + SQUEEZED)
        options = "run --model tiny --input two.xyz --replicas 2 --temperature 100 --temperature-limit 2000 "
        options += "--frame-every 1 --log-every 1 "
        process = self.run_fusemd(options + "--steps 400 --out whole")
        self.assertEqual(process.returncode, DIVERGED, process.stderr)
        self.assertIn("their last good steps: whole/failed", process.stderr)
        step = self.json("whole/summary.json")["failed_replicas"][0]["step"]
        kept = (self.folder / "whole/failed/replica-1.xyz").read_text()
        frames = kept.split("3\nProperties")[1:]
        self.assertIn(f" step={step - 1} ", frames[-1])
        trajectory = (self.folder / "whole/trajectory.xyz").read_text()
        for frame in frames:  # frames of every step stand in the trajectory, too
            self.assertIn(frame, trajectory)
        part = self.run_fusemd(options + "--steps 200 --out part --quiet")
        self.assertEqual(part.returncode, DIVERGED)
        part = self.run_fusemd("run --continue part --steps 400 --quiet")
        self.assertEqual(part.returncode, DIVERGED, part.stderr)
        for name in ("log.csv", "trajectory.xyz", "failed/replica-1.xyz"):
            self.assertEqual((self.folder / "whole" / name).read_bytes(), (self.folder / "part" / name).read_bytes())
        for key in ("failed_replicas", "outside_training", "drift_rms_meV_per_atom"):
            self.assertEqual(self.json("whole/summary.json")[key], self.json("part/summary.json")[key])
        self.write("part/failed/mine.txt", "")
        self.succeed(options.replace("two.xyz", "water.xyz") + "--steps 10 --out part --overwrite")
        self.assertEqual([n for n in self.files() if n.startswith("part/failed")], ["part/failed/mine.txt"])

    def test_nearer_than_in_training(self):
        """nearer than in training, in a run | warned of once for a pair of elements, counted in summary.json"""
        hot = "run --model ultra_tiny --input water.xyz --ensemble langevin --temperature 2000 --steps 40000 --seed 1 "
        process = self.succeed(hot + "--out a")
        warnings = [line for line in process.stderr.splitlines() if line.startswith("warning: ")]
        counted = self.json("a/summary.json")["outside_training"]
        self.assertTrue(counted)
        self.assertEqual(len(warnings), len(counted))
        for warning, pair in zip(sorted(warnings), sorted(counted, key=lambda p: p["elements"]), strict=True):
            self.assertIn(f"{pair['elements']} pairs came as near as {pair['closest_Angstrom']:.2f}", warning)
            self.assertIn(f"at step {pair['first_step']:,} ({pair['steps_seen']:,} steps", warning)
        process = self.run_fusemd(hot + "--outside-training stop --out b")
        self.assertEqual(process.returncode, DIVERGED)
        self.assertIn("nearer than their elements in the training data", process.stderr)
        self.assertEqual(self.json("b/summary.json")["failed_replicas"][0]["step"],
                         min(pair["first_step"] for pair in counted))
        self.succeed(hot + "--outside-training ignore --out c")
        self.assertEqual(self.json("c/summary.json")["outside_training"], [])
        self.assertEqual((self.folder / "a/log.csv").read_bytes(), (self.folder / "c/log.csv").read_bytes())

    def test_limits_stop_with_their_words(self):
        """--temperature-limit, --force-limit, --energy-jump-limit, --bond-limit | exit code 5 and a reason that names the limit"""
        base = "run --model tiny --input water.xyz --steps 2000 --temperature 500 --quiet "
        for option, words in (("--temperature-limit 530", "the temperature is "), ("--force-limit 0.5", "the force on atom"),
                              ("--bond-limit 1.02", "the bond of atoms"),
                              ("--energy-jump-limit 1e-7", "the conserved energy changed by")):
            process = self.run_fusemd(base + option + " --out a --overwrite")
            self.assertEqual(process.returncode, DIVERGED, process.stderr)
            self.assertIn(words, process.stderr)
            self.assertIn("above " + option.split()[0], process.stderr)
        self.succeed(base + "--force-limit 0 --energy-jump-limit 0 --out a --overwrite")

    def write_model(self, name, hydrogen):
        """ultra_tiny with another number in all channels of hydrogen's embedding."""
        model = json.loads((ROOT / "weights/ultra_tiny.json").read_text(encoding="utf-8"))
        embedding = model["tensors"]["embedding.weight"]
        channels, values = embedding["shape"][1], bytearray(base64.b64decode(embedding["data"]))
        values[4 * channels:8 * channels] = struct.pack("<f", hydrogen) * channels
        embedding["data"] = base64.b64encode(values).decode("ascii")
        self.write(name, json.dumps(model))

    def test_values_that_are_not_finite_or_absurd(self):
        """energies or forces that are not finite, or absurdly large | the replica alone is stopped, exit code 5; the others go on"""
        self.write("two.xyz", "3\n\nO 0 0 -1.16\nC 0 0 0\nO 0 0 1.16\n" + WATER)
        for hydrogen, step, reason in ((3e38, 0, r"the (energy|force on atom \d) is -?(inf|nan) eV"),
                                       (1e6, 1, r"the temperature is \d\.\d+e\+\d+ K, above --temperature-limit ")):
            self.write_model("odd.json", hydrogen)
            process = self.run_fusemd("run --model odd.json --input two.xyz --replicas 2 --steps 50 --log-every 10 --out a "
                                      "--quiet --overwrite")
            self.assertEqual(process.returncode, DIVERGED, process.stderr)
            self.assertRegex(process.stderr, rf"stopped replicas\n  replica +step  reason\n +1 +{step}  {reason}")
            log = (self.folder / "a/log.csv").read_text(encoding="utf-8").splitlines()
            self.assertEqual([line.split(",")[0] for line in log if line.split(",")[2] == "0"],
                             [str(step) for step in range(0, 51, 10)])
            self.assertEqual((self.folder / "a/failed/replica-1.xyz").exists(), step > 0)

    def test_a_committee_that_disagrees(self):
        """--committee-action stop | a replica is stopped where its forces differ too much, exit code 5; another step would have gone on"""
        base = "run --committee tiny,ultra_tiny --input water.xyz --steps 400 --frame-every 1 --temperature 600 "
        self.succeed(base + "--out a")
        rows = [line.split(",") for line in (self.folder / "a/committee.csv").read_text().splitlines()[1:]]
        start, most = float(rows[0][3]), max(float(row[3]) for row in rows)
        limit = 0.5 * (start + most)
        self.assertGreater(limit, start)
        process = self.run_fusemd(base + f"--committee-limit {limit} --committee-action stop --out b")
        self.assertEqual(process.returncode, DIVERGED, process.stderr)
        self.assertIn("replicas that it stopped: 1", process.stderr)
        first = next(int(row[0]) for row in rows if float(row[3]) > limit)
        self.assertEqual(self.json("b/summary.json")["failed_replicas"][0]["step"], first)

    def test_starts_that_are_refused(self):
        """fractional coordinates, nm for Angstrom, atoms on each other, left-handed or periodic cell | exit code 3, a hint"""
        lattice = 'Lattice="{}" Properties=species:S:1:pos:R:3 pbc="T T T"'
        cubic, left = "12 0 0 0 12 0 0 0 12", "12 0 0 0 0 12 0 12 0"

        def molecule(comment, scale, shift=0.0):
            rows = (f"{e} " + " ".join(f"{scale * x + shift:.6f}" for x in r) for e, *r in ATOMS)
            return f"3\n{comment}\n" + "\n".join(rows) + "\n"

        for text, *words in (
                (molecule(lattice.format(cubic), 1 / 12, 0.5), "fractional? Multiply them by the cell vectors"),
                (molecule("", 0.1), "odd.xyz, frame 1: two atoms lie on each other", "nanometres? Multiply the coordinates by 10"),
                (molecule("", 1 / 12, 0.5), "fractional? Multiply them by the cell vectors; or nanometres? Multiply them by 10"),
                (molecule("", 0.01), "two atoms lie on each other", "atom 1 (O) and atom 2 (H) are 0.0095"),
                (molecule(lattice.format(cubic), 1.0, 6.0), "the cell is periodic", "periodic along a, b, c"),
                (molecule(lattice.format(left), 1.0, 6.0), "the cell is left-handed")):
            self.write("odd.xyz", text)
            self.refuse(3, "run --model tiny --input odd.xyz --out a", *words)
        self.assertEqual(self.files(), ["odd.xyz", "water.xyz"])

    def test_starts_that_are_warned_of(self):
        """a start that is allowed and rarely meant | a warning; ten of them at most, and how many more"""
        far = "4\nwater and a far atom\n" + WATER.split("\n", 2)[2] + "C 0 0 20\n"
        self.write("far.xyz", far * 15)
        process = self.succeed("run --model tiny --input far.xyz --steps 10 --timestep 1.5 --out a")
        warnings = [line for line in process.stderr.splitlines() if line.startswith("warning: ")]
        self.assertEqual(warnings[0], "warning: a time step of 1.5 fs is long for atoms of 1.008 amu: at most 1 fs is "
                                      "advised")
        self.assertIn("far.xyz, frame 1: 2 parts lie farther than the cutoff of 5 Angstrom apart", warnings[1])
        self.assertEqual(warnings[-1], "warning: and 6 more like these")
        self.assertEqual(len(warnings), 11)
        hot = self.succeed("run --model tiny --input water.xyz --steps 200 --temperature 3000 --frame-every 200 --out b")
        self.assertNotIn("warning", hot.stderr)
        self.write("left.xyz", WATER.replace("\nwater\n", '\nLattice="9 0 0 0 0 9 0 9 0" pbc="F F F"\n'))
        process = self.succeed("run --model tiny --input left.xyz --steps 10 --out d")
        self.assertIn("warning: left.xyz, frame 1: its cell is left-handed (a . (b x c) = -729 Angstrom^3)", process.stderr)
        process = self.succeed("run --model tiny --input b/trajectory.xyz --steps 10 --temperature 20 --out c")
        self.assertIn("and 20 K was asked for; --velocities exact draws new ones", process.stderr)


if __name__ == "__main__":
    unittest.main()
