#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the commands print and write, and that pipes, configurations and signals behave."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import time
import unittest
from pathlib import Path

from cli import FUSEMD, WATER, CommandLineTest

RUN = "run --model tiny --input water.xyz "


def frames(text):
    """Number of frames of an XYZ text, by counting its lines."""
    lines, count = text.splitlines(), 0
    while lines:
        lines = lines[2 + int(lines[0]):]
        count += 1
    return count


class Commands(CommandLineTest):
    def test_help_and_version(self):
        for command in ("", "run ", "eval ", "check ", "info ", "devices "):
            process = self.succeed(command + "--help")
            self.assertEqual(process.stderr, "")
            self.assertIn("xample", process.stdout)
            self.assertLessEqual(max(map(len, process.stdout.splitlines())), 100)
        self.assertRegex(self.succeed("--version").stdout, r"^fusemd \d+\.\d+\.\d+ \(.+\)\n$")

    def test_info_and_devices(self):
        self.assertEqual(self.succeed("info").stdout.split(), ["original", "tiny", "ultra_tiny"])
        for model, total in (("original", 427292), ("tiny", 77203), ("ultra_tiny", 21459)):
            info = json.loads(self.succeed("info --json " + model).stdout)
            self.assertEqual(info["parameters"], total)  # the counts that the models were published with
            self.assertEqual(info["live_parameters"] + info["dead_parameters"], total)
            self.assertEqual(info["elements"], ["H", "C", "N", "O"])
            self.assertIn(f"{total:,}", self.succeed("info " + model).stdout)
        devices = {d["name"]: d for d in json.loads(self.succeed("devices --json").stdout)}
        self.assertTrue(devices["cpu"]["usable"] and devices["reference"]["usable"])
        self.assertIn("cuda", self.succeed("devices").stdout)

    def test_models_are_found_in_a_folder_of_ones_own(self):
        shipped = json.loads(self.succeed("info --json tiny").stdout)["file"]
        (self.folder / "models").mkdir()
        (self.folder / "models/mine.json").write_bytes(Path(shipped).read_bytes())
        self.assertNotIn("mine", self.succeed("info").stdout)
        environment = {**os.environ, "FUSEMD_MODELS": "nowhere:models"}
        self.assertIn("mine", self.succeed("info", env=environment).stdout.split())
        self.assertIn("models/mine.json", self.succeed("info mine", env=environment).stdout)

    def test_progress_is_a_bar_on_a_terminal(self):
        primary, secondary = pty.openpty()
        process = subprocess.Popen([FUSEMD, *(RUN + "--steps 40000 --out a").split()], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=secondary)
        os.close(secondary)
        seen = b""
        try:
            while block := os.read(primary, 4096):
                seen += block
        except OSError:  # the other end is closed: the program has ended
            pass
        os.close(primary)
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertRegex(seen.decode(), r"\[#*\.*\] +\d+ %  step [\d,]+ of 40,000  [\d,]+ steps/s")
        self.assertIn(" left", seen.decode())

    def test_check_passes_the_shipped_models_and_fails_a_changed_one(self):
        report = json.loads(self.succeed("check --json ultra_tiny").stdout)
        self.assertTrue(report["passed"])
        self.assertGreaterEqual(report["frames"], 5)
        # Limits are those of the number of intervals, and a limit is met by what it is for.
        for intervals, limit, passes in ((512, 1e-4, True), (1024, 1.5e-5, True), (8192, 1.5e-5, True), (64, 1e-4, False)):
            process = self.run_fusemd(f"check --json original --table-intervals {intervals}")
            self.assertEqual(process.returncode, 0 if passes else 6, process.stderr)
            table = json.loads(process.stdout)["comparisons"][-1]
            self.assertIn(f"table of {intervals}", table["name"])
            self.assertEqual(table["force_limit_eV_per_Angstrom"], limit)
            self.assertEqual(table["passed"], passes)
        path = json.loads(self.succeed("info --json ultra_tiny").stdout)["file"]
        model = json.loads(Path(path).read_text(encoding="utf-8"))
        model["reference_frames"][1]["energy"] += 1e-3
        self.write("changed.json", json.dumps(model))
        process = self.run_fusemd("check changed.json")
        self.assertEqual(process.returncode, 6, process.stderr)
        self.assertIn("MISSED", process.stdout)

    def test_a_hundred_thousand_replicas(self):
        """As many as may be asked for; the first, one in the middle and the last have the bits that they have alone."""
        count = 10_000 if os.environ.get("FUSEMD_SANITIZE") else 100_000
        options = ("run --model ultra_tiny --input water.xyz --ensemble langevin --steps 4 --log-every 4 "
                   "--frame-every 0 --seed 7 --quiet ")
        self.succeed(options + f"--replicas {count} --out all")
        lines = (self.folder / "all/log.csv").read_text().splitlines()
        self.assertEqual(len(lines), 1 + 2 * count)
        self.assertEqual([int(line.split(",")[2]) for line in lines[1:]], 2 * list(range(count)))
        self.assertEqual(self.json("all/summary.json")["failed_replicas"], [])
        for replica in (0, count // 2 + 1, count - 1):
            self.succeed(options + f"--first-replica {replica} --out alone --overwrite")
            alone = (self.folder / "alone/log.csv").read_text().splitlines()
            self.assertEqual(alone, [lines[0], lines[1 + replica], lines[1 + count + replica]])

    def test_a_run_leaves_what_it_says(self):
        process = self.succeed(RUN + "--steps 200 --log-every 50 --frame-every 100 --out here")
        self.assertIn("us/step", process.stdout)
        self.assertIn("engine", process.stderr)
        self.assertEqual(self.files(), ["here/input.xyz", "here/log.csv", "here/restart.0.state", "here/restart.1.state", "here/restart.json",
                                        "here/run.json", "here/summary.json", "here/trajectory.xyz", "water.xyz"])
        with open(self.folder / "here/log.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["step"]) for row in rows], [0, 50, 100, 150, 200])
        self.assertAlmostEqual(float(rows[0]["temperature_K"]), 300.0, places=6)
        self.assertEqual(frames((self.folder / "here/trajectory.xyz").read_text()), 3)
        summary = self.json("here/summary.json")
        self.assertEqual((summary["steps"], summary["atoms"], summary["replicas"]), (200, 3, 1))

    def test_quiet_and_json(self):
        process = self.succeed(RUN + "--steps 20 --out a --quiet --json")
        self.assertEqual(process.stderr, "")
        self.assertEqual(json.loads(process.stdout), self.json("a/summary.json"))
        lines = self.succeed("eval --model tiny --input - --json --quiet", stdin=WATER * 2).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[0], lines[1])
        frame = json.loads(lines[0])
        self.assertEqual(frame["atoms"], 3)
        for axis in range(3):  # forces of an isolated molecule cancel, up to float rounding
            self.assertAlmostEqual(sum(force[axis] for force in frame["forces_eV_per_Angstrom"]), 0.0, places=5)

    def test_the_resolved_configuration_repeats_the_run(self):
        self.succeed(RUN + "--ensemble langevin --friction 0.02 --temperature 250,350 --replicas 2 --seed 9 "
                           "--steps 100 --log-every 10 --out first")
        self.succeed("run --config first/run.json --out second")
        for name in ("log.csv", "trajectory.xyz"):
            self.assertEqual((self.folder / "first" / name).read_bytes(), (self.folder / "second" / name).read_bytes())
        first, second = self.json("first/run.json"), self.json("second/run.json")
        self.assertEqual({**first, "out": "second"}, second)
        self.assertEqual(first["temperature"], [250, 350])

    def test_flags_win_over_the_configuration(self):
        self.write("config.json", json.dumps({"model": "tiny", "input": "water.xyz", "steps": 30, "seed": 4}))
        self.succeed("run --steps 40 --config config.json --out a")
        run = self.json("a/run.json")
        self.assertEqual((run["steps"], run["seed"]), (40, 4))

    def test_a_replica_alone_equals_itself_in_a_batch(self):
        options = RUN + "--ensemble csvr --steps 60 --log-every 20 --seed 3 "
        self.succeed(options + "--replicas 5 --threads 2 --out batch")
        self.succeed(options + "--first-replica 3 --out alone")
        def rows(name):
            lines = (self.folder / name / "log.csv").read_text().splitlines()
            return [line for line in lines if line.split(",")[2] == "3"]
        self.assertEqual(len(rows("alone")), 4)
        self.assertEqual(rows("batch"), rows("alone"))

    def test_whole_numbers_may_have_an_exponent(self):
        self.succeed(RUN + "--steps 1e2 --out a")
        self.assertEqual(self.json("a/summary.json")["steps"], 100)

    def test_trajectories_through_pipes(self):
        process = self.succeed(RUN + "--steps 100 --frame-every 10 --out -")
        self.assertEqual(frames(process.stdout), 11)
        self.assertIn("us/step", process.stderr)
        self.assertEqual(self.files(), ["water.xyz"])
        labelled = self.succeed("eval --model tiny --input - --output -", stdin=process.stdout).stdout
        self.assertEqual(frames(labelled), 11)
        pattern = re.compile(r"\benergy=(\S+)")
        for a, b in zip(pattern.findall(process.stdout), pattern.findall(labelled), strict=True):
            self.assertEqual(a, b)  # the same engine at the same positions: the same bits

    def test_a_closed_pipe_ends_the_run(self):
        process = self.start(RUN + "--steps 1000000 --frame-every 1 --out - --quiet")
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 7)
        self.assertIn("standard output", process.stderr.read())
        process.stderr.close()

    def test_eval_writes_a_file_and_replaces_it_on_demand(self):
        self.succeed("eval --model tiny --input water.xyz --output out.xyz")
        first = (self.folder / "out.xyz").read_bytes()
        self.succeed("eval --model tiny --input water.xyz --output out.xyz --overwrite")
        self.assertEqual(first, (self.folder / "out.xyz").read_bytes())
        table = self.succeed("eval --model tiny --input out.xyz").stdout.splitlines()
        self.assertEqual(len(table), 2)
        self.assertIn("energy_eV", table[0])

    def test_signals_stop_at_a_step_and_lose_nothing(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            out = f"out{code}"
            process = self.start(RUN + f"--steps 1000000000 --log-every 100 --frame-every 100 --out {out}")
            deadline = time.monotonic() + 60
            log = self.folder / out / "log.csv"
            while time.monotonic() < deadline and not (log.exists() and log.stat().st_size > 500):
                time.sleep(0.05)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, stderr)
            self.assertIn("stopped by a signal at step", stderr)
            self.assertIn("us/step", stdout)
            rows = log.read_text().splitlines()
            self.assertTrue(log.read_text().endswith("\n"))
            summary = self.json(out + "/summary.json")
            self.assertTrue(summary["stopped"])
            reached = summary["steps"]
            self.assertEqual(int(rows[-1].split(",")[0]), reached // 100 * 100)
            self.assertEqual(len(rows), 2 + reached // 100)
            self.assertEqual(frames((self.folder / out / "trajectory.xyz").read_text()), 1 + reached // 100)


if __name__ == "__main__":
    unittest.main()
