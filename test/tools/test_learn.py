#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/learn as a user runs it: two rounds for water from nothing but its SMILES, stopped and continued, refusals.

Runs in the environment that tools/labels/environment makes; without one it is skipped, which CI counts as a failure."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from cli import FUSEMD, ROOT, CommandLineTest

FOLDER = Path(os.environ.get("FUSEMD_LABEL_ENVIRONMENT", ROOT / "build" / "label-environment"))
PYTHON = FOLDER / "bin" / "python3"
WATER = {"smiles": "O", "name": "water"}
RECIPE = {
    "name": "water twice", "rounds": 2,
    "labels": {"starts": {**WATER, "md": 0, "rattled": 30}, "first": {**WATER, "md": 20, "temperatures": [300, 500]},
               "test": {**WATER, "md": 10, "every": 25, "split": "test", "seed": 1},
               "minimum": {**WATER, "kind": "frequencies"}},
    "train": ["starts", "first"],
    "sampling": {"replicas": 6, "steps": 200, "frame_every": 20, "keep": 25, "temperatures": [300, 600]},
    "models": [{"name": "small", "size": "ultra_tiny", "members": 2, "frames": 8000}],
    "validations": {"test": {"reference": "test", "relaxed": "minimum", "options": {"nve": "none"}}},
    "targets": [{"model": "small", "validation": "test", "force_mae": 1e-9}]}


class Learn(CommandLineTest):
    def command(self, arguments):
        return [sys.executable, "-B", str(ROOT / "tools" / "learn"), *arguments.split(), "--fusemd", FUSEMD, "--python",
                str(PYTHON), "--threads", "1"]

    def learn(self, arguments, code):
        process = subprocess.run(self.command(arguments), cwd=self.folder, text=True, capture_output=True, timeout=600,
                                 check=False)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        return process

    def test_two_rounds_stopped_and_continued(self):
        self.write("recipe.json", json.dumps(RECIPE))
        first = subprocess.Popen(self.command("recipe.json --out w"), cwd=self.folder, stderr=subprocess.DEVNULL)
        for _ in range(6000):
            if any((self.folder / "w/models").glob("*.done")):
                break
            time.sleep(0.05)
        first.send_signal(signal.SIGINT)
        self.assertEqual(first.wait(timeout=120), 130)
        done = {path: path.stat().st_mtime_ns for path in (self.folder / "w").rglob("*.done")}
        self.assertGreater(len(done), 4)
        process = self.learn("recipe.json --out w", 6)  # nobody reaches 1e-9
        for path, when in done.items():
            self.assertEqual(path.stat().st_mtime_ns, when, path)  # nothing was done twice
        report = (self.folder / "w/report.md").read_text(encoding="utf-8")
        self.assertIn("not reached yet", report)
        self.assertIn("| 1 | small | test (30) |", process.stdout)
        self.assertIn("| 2 | small | test (30) |", process.stdout)
        # Frames that fusemd sampled are labelled, keep their names, and are trained on in the second round.
        sampled = (self.folder / "w/labels/sampled-round1.xyz").read_text(encoding="utf-8")
        self.assertEqual(sampled.count("teacher=GFN2-xTB"), 25)
        self.assertEqual(sampled.count("molecule=water"), 25)
        self.assertEqual(sampled.count("trajectory=water/round1/"), 25)
        counts = [(self.folder / f"w/labels/training-round{k}.xyz").read_text(encoding="utf-8").count("energy=")
                  for k in (0, 1)]
        self.assertEqual(counts[1], counts[0] + 25)
        for name in ("small", "small-2"):
            self.succeed(f"check w/{name}.json")
            self.assertEqual(self.json(f"w/{name}.json")["name"], name)
        provenance = self.json("w/small.json")["provenance"]
        self.assertEqual(provenance["recipe"], "water twice")
        self.assertIn("gfn2", provenance["teacher"])
        self.assertEqual(provenance["accuracy"][-1]["data"], "test: 30 frames of 1 molecule")
        # From nothing, the teacher's forces on trajectories that were not trained on.
        found = [json.loads(text[text.index("\n{"):])["forces"] for text in
                 ((self.folder / f"w/logs/validate-small-0-round{k}-test.log").read_text(encoding="utf-8")
                  for k in (0, 1))]
        self.assertEqual(provenance["accuracy"][-1]["force_r2"], found[1]["force_r2"])
        self.assertGreater(found[0]["force_r2"], 0.98)
        self.assertLess(found[1]["force_mae_eV_per_Angstrom"], found[0]["force_mae_eV_per_Angstrom"])
        # Again: everything is there.
        before = time.monotonic()
        self.learn("recipe.json --out w --quiet", 6)
        self.assertLess(time.monotonic() - before, 20)
        self.write("other.json", json.dumps({**RECIPE, "seed": 1}))
        self.assertIn("another recipe", self.learn("other.json --out w", 3).stderr)

    def test_refusals(self):
        for change, words in (({"roundz": 1}, "did you mean 'rounds'"), ({"train": ["nothing"]}, "no 'nothing'"),
                              ({"rounds": "2"}, "rounds: expected int"), ({"time": "soon"}, "'soon' is no time"),
                              ({"models": [{"name": "a"}]}, "either time or frames"),
                              ({"labels": {"test": {"molecule": "x"}}}, "did you mean 'molecules'"),
                              ({"targets": [{"model": "x", "validation": "test"}]}, "no model 'x'")):
            with self.subTest(change=change):
                self.write("r.json", json.dumps({**RECIPE, **change}))
                process = self.learn("r.json --out x", 3)
                self.assertIn(words, process.stderr)
                self.assertNotIn("Traceback", process.stderr)
        self.write("r.json", "{")
        self.assertIn("not JSON", self.learn("r.json --out x", 3).stderr)
        self.assertIn("either a recipe or --smiles", self.learn("--out x", 3).stderr)
        # A program that fails names its log.
        self.write("r.json", json.dumps({**RECIPE, "labels": {**RECIPE["labels"], "first": {"smiles": "C1"}}}))
        self.assertIn("label-first.log", self.learn("r.json --out y", 1).stderr)


if __name__ == "__main__":
    if not PYTHON.exists():
        print(f"SKIPPED: no environment in {FOLDER} (tools/labels/environment makes it)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") else 77)
    unittest.main()
