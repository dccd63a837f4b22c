#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd train as a user runs it: files, refusals, killed and continued, fine-tuning and distillation."""

import json
import random
import signal
import subprocess
import time
import unittest

from cli import FUSEMD, ROOT, CommandLineTest


def rattled(name, count, seed):
    """Copies of an example's atoms, each displaced by up to 0.05 Angstrom, as plain XYZ frames."""
    lines = (ROOT / "examples" / f"{name}.xyz").read_text(encoding="utf-8").splitlines()
    atoms = [line.split() for line in lines[2:2 + int(lines[0])]]
    place = random.Random(seed)
    frames = []
    for k in range(count):
        frames.append(f"{len(atoms)}\ntrajectory={name}-{k // 10}\n" + "".join(
            f"{a[0]} " + " ".join(f"{float(x) + place.uniform(-0.05, 0.05):.8f}" for x in a[1:4]) + "\n" for a in atoms))
    return "".join(frames)


class Train(CommandLineTest):
    def setUp(self):
        super().setUp()
        self.write("frames.xyz", rattled("water", 40, 1) + rattled("methane", 40, 2))
        self.write("few.xyz", rattled("water", 30, 3))
        for name in ("frames", "few"):
            # eval writes labels but not the trajectory key: blocks of successive frames are set aside.
            self.succeed(f"eval --model ultra_tiny --input {name}.xyz --output {name}-labelled.xyz --quiet")

    # One thread: threads that wait for each other crawl where other tests share the machine.
    SMALL = "--data frames-labelled.xyz --hidden 16 --layers 1 --batch 8 --validations 5 --threads 1"

    def test_files_and_figures(self):
        process = self.succeed(f"train {self.SMALL} --frames 1000 --test few-labelled.xyz --out m.json")
        self.assertEqual([f for f in self.files() if f.startswith("m.")],
                         ["m.json", "m.train/checkpoint", "m.train/curve.csv", "m.train/curve.svg",
                          "m.train/last.json", "m.train/train.json"])
        for words in ("validation   force MAE", "test         force MAE", "frames/s"):
            self.assertIn(words, process.stdout)
        for words in ("set aside for validation: 2 of 20 blocks", "reference energies of H, C, O", "best"):
            self.assertIn(words, process.stderr)
        rows = (self.folder / "m.train/curve.csv").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(rows), 6)
        self.assertTrue(rows[0].startswith("frames,learning_rate,training_loss,"))
        first, last = (float(rows[k].split(",")[3]) for k in (1, 5))
        self.assertLess(last, first)
        self.assertIn("<polyline", (self.folder / "m.train/curve.svg").read_text(encoding="utf-8"))
        # The model checks, runs, and knows where it comes from.
        self.succeed("check m.json")
        model = self.json("m.json")
        self.assertEqual(model["elements"], [1, 6, 8])
        self.assertEqual(model["config"]["hidden_dim"], 16)
        self.assertEqual(model["provenance"]["training"]["frames_seen"], 1000)
        self.assertEqual(len(model["provenance"]["accuracy"]), 2)
        self.assertEqual(len(model["training_domain"]["closest_pairs"]), 3)  # HH, HC, HO
        self.succeed("eval --model m.json --input few.xyz")
        # The resolved configuration trains the same model again.
        self.succeed("train --config m.train/train.json --out again.json --quiet --threads 2")
        self.assertEqual(self.without_name("again.json"), self.without_name("m.json"))

    def without_name(self, file):
        return {key: value for key, value in self.json(file).items() if key != "name"}

    def test_killed_ten_times_and_continued(self):
        arguments = f"train {self.SMALL} --frames 16000 --out whole.json --quiet".replace("validations 5", "validations 60")
        begin = time.monotonic()
        self.succeed(arguments)
        whole = time.monotonic() - begin
        arguments = arguments.replace("whole.json", "parts.json")
        wait = random.Random(4)
        killed = 0
        process = self.start(arguments)
        for _ in range(10):
            deadline = time.monotonic() + 60
            while not (self.folder / "parts.train/checkpoint").exists() and process.poll() is None:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.005)
            time.sleep(wait.uniform(0.0, whole / 12))
            if process.poll() is None:
                process.send_signal(signal.SIGTERM if killed % 3 == 2 else signal.SIGKILL)
                killed += 1
            process.communicate()
            process = self.start(arguments + " --resume")
        self.assertEqual(process.communicate()[1], "")
        self.assertEqual(process.returncode, 0)
        self.assertGreater(killed, 3)
        self.assertEqual(self.without_name("parts.json"), self.without_name("whole.json"))
        for file in ("curve.csv",):
            self.assertEqual((self.folder / "parts.train" / file).read_bytes(),
                             (self.folder / "whole.train" / file).read_bytes())

    def test_a_signal_leaves_a_checkpoint(self):
        process = self.start(f"train {self.SMALL} --time 10m --out m.json")
        while not (self.folder / "m.train/train.json").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, error)
        self.assertIn("--resume goes on", error)
        self.assertTrue((self.folder / "m.train/checkpoint").exists())

    def test_fine_tuning_and_distillation(self):
        self.succeed("train --data few-labelled.xyz --init ultra_tiny --frames 64 --batch 8 --validations 2 "
                     "--freeze-embedding --out tuned.json --quiet --threads 1")
        tuned, shipped = self.json("tuned.json"), json.loads((ROOT / "weights/ultra_tiny.json").read_text())
        self.assertEqual(tuned["tensors"]["embedding.weight"], shipped["tensors"]["embedding.weight"])
        self.assertNotEqual(tuned["tensors"]["energy_head.0.weight"], shipped["tensors"]["energy_head.0.weight"])
        process = self.succeed("train --teacher tiny --unlabelled frames.xyz --hidden 16 --layers 1 --frames 400 "
                               "--validations 2 --out small.json --json --threads 1")
        self.assertEqual(json.loads(process.stdout)["frames"], 400)
        self.assertIn("80 frames labelled by tiny", process.stderr)
        self.assertEqual(self.json("small.json")["provenance"]["data"]["teacher"], "tiny")

    def test_refusals(self):
        self.refuse(2, "train --out m.json", "--data")
        self.refuse(2, "train --data frames-labelled.xyz", "--out")
        self.refuse(2, "train --data a --out m.txt", "--out", "MODEL.json")
        self.refuse(2, "train --data a --out m.json --time soon", "--time", "30m")
        self.refuse(2, "train --data a --out m.json --time 1m --frames 5", "both --time and --frames")
        self.refuse(2, "train --data a --out m.json --teacher tiny", "--teacher", "--unlabelled")
        self.refuse(2, "train --data a --out m.json --hidden 18", "--hidden", "multiple of 4")
        self.refuse(2, "train --data a --out m.json --init tiny --size tiny", "--size", "--init")
        self.refuse(2, "train --data a --out m.json --freeze-embedding", "--init")
        self.refuse(2, "train --data a --out m.json --batsh 4", "did you mean --batch?")
        self.refuse(3, "train --data nothing.xyz --out m.json", "nothing.xyz")
        self.refuse(3, "train --data frames.xyz --out m.json", "frame 1", "no energy", "--teacher")
        self.refuse(3, "train --data few-labelled.xyz --out m.json --resume", "no checkpoint")
        self.assertNotIn("m.json", self.files())
        short = f"train {self.SMALL} --frames 40 --out m.json --quiet"
        self.succeed(short)
        before = (self.folder / "m.json").read_bytes()
        self.refuse(7, short, "earlier model", "--overwrite", "--resume")
        self.refuse(3, short + " --resume --seed 2", "other data or other options")
        self.assertEqual((self.folder / "m.json").read_bytes(), before)
        self.succeed(short + " --overwrite")
        self.write("m.train/checkpoint", "not one")
        self.refuse(3, short + " --resume", "the training checkpoint cannot be used: it is none of this version")

    def test_a_loss_that_explodes(self):
        process = subprocess.run([FUSEMD, *f"train {self.SMALL} --frames 4000 --learning-rate 1 --out m.json".split()],
                                 cwd=self.folder, text=True, capture_output=True, timeout=120, check=False)
        self.assertIn(process.returncode, (0, 5), process.stderr)
        if (self.folder / "m.json").exists():
            self.succeed("info m.json")


if __name__ == "__main__":
    unittest.main()
