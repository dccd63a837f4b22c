#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs that are interrupted and continued: the same bits as without, whatever the interruption.

Each test's first line says the fault and what happens; docs/reliability.md lists them (faults/table.py
makes the table). FUSEMD_KILLS says how often to kill at random."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli import FUSEMD, ROOT, WATER
from restart_case import BAD_INPUT, CANNOT_WRITE, RUN, SLOWER, RestartCase, without_shim


class Restart(RestartCase):
    def test_stopped_and_continued(self):
        """SIGINT, SIGTERM, SIGUSR1, --max-time | a checkpoint; --continue goes on with the same bits"""
        for number, ensemble in enumerate(("--ensemble nve", "--ensemble langevin --friction 0.02",
                                           "--ensemble csvr --replicas 5")):
            with self.subTest(ensemble=ensemble):
                # As many steps as this machine makes in 2 s: there must be time to stop it.
                self.succeed(f"{RUN} {ensemble} --steps 4000 --threads 1 --out speed{number}")
                speed = self.json(f"speed{number}/summary.json")["steps_per_second"]
                steps = max(4_000, round(2 * speed, -3))
                out, options = f"b{number}", f"{RUN} {ensemble} --seed 5 --steps {int(steps)} "
                self.succeed(options + f"--threads 1 --out a{number}")
                process = self.start(options + f"--threads 2 --checkpoint-every 1000 --out {out}")
                restart = self.folder / out / "restart.json"
                while not restart.exists():
                    time.sleep(0.002)
                process.send_signal(signal.SIGUSR1)
                code = self.kill_when(process, lambda: self.json(out + "/restart.json")["step"] > steps // 20,
                                      signal.SIGTERM if number else signal.SIGINT)
                self.assertEqual(code, 143 if number else 130)
                self.assertTrue(self.json(out + "/summary.json")["stopped"])
                pieces = 0
                while self.json(out + "/restart.json")["step"] < steps:
                    # The first piece is far too short for the rest, however unevenly the machine runs.
                    self.succeed(f"run --continue {out} --threads {1 + pieces % 3} --max-time {0.01 * 4**pieces}s")
                    pieces += 1
                self.assertGreater(pieces, 1)
                self.assert_same_run(f"a{number}", out)

    def test_large_system_goes_on(self):
        """a system with cells and threads inside each evaluation is stopped | the same bits with any number of threads"""
        atoms = ("O", 0, 0, 0), ("H", 0.76, 0, 0.59), ("H", -0.76, 0, 0.59)
        places = [(4.6 * i, 4.6 * j, 4.6 * k) for i in range(5) for j in range(5) for k in range(6)]
        lines = [f"{e} {x + a} {y + b} {z + c}" for x, y, z in places for e, a, b, c in atoms]
        self.write("drop.xyz", f"{len(lines)}\n\n" + "\n".join(lines) + "\n")
        options = "run --model ultra_tiny --input drop.xyz --ensemble langevin --temperature 50 --log-every 10 --frame-every 20 "
        self.succeed(options + "--steps 90 --threads 1 --out whole")
        self.succeed(options + "--steps 7 --threads 3 --out part")
        for steps, threads in ((8, 1), (41, 2), (42, 3), (90, 2)):
            self.succeed(f"run --continue part --steps {steps} --threads {threads}")
        self.assert_same_run("whole", "part")

    def test_replica_exchange_goes_on(self):
        """a run with replica exchange is stopped or killed | exchanges, walks and counts go on with the same bits"""
        options = RUN + "--ensemble langevin --replicas 4 --temperature 400,300,700,520 --exchange-every 50 --seed 4 "
        self.succeed(options + "--steps 5000 --threads 1 --out whole")
        self.succeed(options + "--steps 1230 --threads 2 --out part")
        process = self.start("run --continue part --steps 5000 --quiet")
        self.kill_when(process, lambda end=time.monotonic() + 0.15: time.monotonic() > end)
        self.succeed("run --continue part --steps 5000")
        self.assert_same_run("whole", "part")
        walks = [(self.folder / name / "exchange.csv").read_text() for name in ("whole", "part")]
        self.assertEqual(*walks)
        rows = [line.split(",") for line in walks[0].splitlines()[1:]]
        self.assertEqual(len(rows), 4 * 100)
        for attempt in range(100):  # each temperature stands once, and partners agree
            four = rows[4 * attempt:4 * attempt + 4]
            self.assertEqual(sorted(float(row[2]) for row in four), [300.0, 400.0, 520.0, 700.0])
            partners = {row[1]: row[4] for row in four if row[4] != "-1"}
            self.assertTrue(all(partners[partners[replica]] == replica for replica in partners))
        exchanges = self.json("whole/summary.json")["exchanges"]
        self.assertEqual([pair["temperatures_K"] for pair in exchanges], [[300, 400], [400, 520], [520, 700]])
        self.assertEqual([pair["attempts"] for pair in exchanges], [50, 50, 50])
        self.assertEqual(2 * sum(pair["accepted"] for pair in exchanges), sum(row[5] == "1" for row in rows))
        self.refuse(2, RUN + "--replicas 2 --temperature 300,400 --exchange-every 50", "--ensemble langevin or csvr")
        self.refuse(2, options.replace("300,", "400,") + "--steps 10", "--exchange-every: no ladder of temperatures")

    def test_sigusr1_saves_and_goes_on(self):
        """SIGUSR1 | a checkpoint is written, the run goes on"""
        process = self.start(RUN + "--steps 1000000000 --checkpoint-every 0 --out a")
        while not (self.folder / "a/restart.json").exists():
            time.sleep(0.002)
        before = self.json("a/restart.json")["step"]
        time.sleep(0.2)
        process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 30
        while self.json("a/restart.json")["step"] == before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertGreater(self.json("a/restart.json")["step"], before)
        self.assertIsNone(process.poll())
        process.kill()
        process.communicate()

    def reading(self, arguments):
        """A run that waits for its input, and a function that gives it."""
        os.mkfifo(self.folder / "pipe.xyz")
        process = self.start(arguments)
        pipe = open(self.folder / "pipe.xyz", "w", encoding="ascii")  # once fusemd reads

        def give(text):
            with pipe:
                pipe.write(text)
            (self.folder / "pipe.xyz").unlink()
        return process, give

    def test_signals_before_the_first_step(self):
        """signals before the first step | SIGUSR1 is kept until there is something to save; SIGINT and SIGTERM end at once, and nothing was touched"""
        piped = RUN.replace("water.xyz", "pipe.xyz") + "--steps 2000 --checkpoint-every 0 --out part"
        self.succeed(RUN + "--steps 2000 --out whole")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process, give = self.reading(piped)
            process.send_signal(number)
            _, words = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, words)
            self.assertEqual(words, "fusemd: stopped by a signal before the first step; nothing has been written\n")
            self.assertFalse((self.folder / "part").exists())
            with self.assertRaises(BrokenPipeError):
                give(WATER)
            (self.folder / "pipe.xyz").unlink()
        process, give = self.reading(piped)
        for _ in range(5):
            process.send_signal(signal.SIGUSR1)
        give(WATER)
        _, words = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, words)
        # The first checkpoint, the one that was asked for and the last one, in two files by turns.
        self.assertEqual(self.json("part/restart.json")["state"], "restart.1.state")
        self.assert_same_run("whole", "part")

        before = {p.name: p.read_bytes() for p in (self.folder / "part").iterdir()}
        process, give = self.reading("run --continue part --steps 3000 --input pipe.xyz")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        with self.assertRaises(BrokenPipeError):
            give(WATER)
        self.assertEqual(before, {p.name: p.read_bytes() for p in (self.folder / "part").iterdir()})

    def test_sigterm_around_the_first_step(self):
        """SIGTERM at any moment from reading to the first steps | exit code 143, and a checkpoint or an untouched folder; same bits"""
        begin = time.monotonic()
        self.succeed(RUN + "--steps 6000 --out whole")
        chance, began, longest = random.Random(3), 0, time.monotonic() - begin
        for attempt in range(25):
            out = f"part{attempt}"
            process, give = self.reading(RUN.replace("water.xyz", "pipe.xyz") + f"--steps 6000 --out {out} --quiet")
            give(WATER)
            time.sleep(chance.uniform(0.0, longest))
            process.send_signal(signal.SIGUSR1)
            process.send_signal(signal.SIGTERM)
            _, words = process.communicate(timeout=60)
            self.assertIn(process.returncode, (0, 143), words)
            if not (self.folder / out).exists():
                self.assertIn("nothing has been written", words)
                continue
            began += 1
            self.succeed(f"run --continue {out} --input water.xyz")
            self.assert_same_run("whole", out)
        print(f"{began} of 25 runs had begun", file=sys.stderr)
        self.assertGreater(began, 0)

    def test_steps_are_the_total(self):
        """more steps for a finished run | --continue FOLDER --steps N runs the rest and appends"""
        self.succeed(RUN + "--steps 900 --out whole")
        self.succeed(RUN + "--steps 350 --out part")
        self.succeed("run --continue part --steps 900")
        self.assert_same_run("whole", "part")
        self.assertEqual(self.json("part/run.json")["steps"], 900)
        self.succeed("run --continue part")  # nothing left to do, and nothing changes
        self.assert_same_run("whole", "part")
        self.refuse(2, "run --continue part --steps 899", "--steps: the run has 900 steps already")

    def test_a_moved_folder_and_piped_input(self):
        """a folder that was moved, its input gone or from a pipe | the folder is enough to go on and to repeat"""
        self.succeed(RUN + "--steps 700 --out whole")
        self.write("once.xyz", WATER)
        for out, name, stdin in (("part", "once.xyz", ""), ("piped", "-", WATER)):
            self.succeed(RUN.replace("water.xyz", name) + f"--steps 300 --out {out}", stdin=stdin)
            if not stdin:
                (self.folder / name).unlink()
            self.assertEqual(self.json(out + "/run.json")["input"], "input.xyz")
            self.succeed(f"run --config {out}/run.json --steps 700 --out {out}-again")
            self.assertEqual(self.contents("whole"), self.contents(out + "-again"))
            kept = (self.folder / out / "input.xyz").read_bytes()
            self.succeed(f"run --config {out}/run.json --steps 300 --overwrite")  # in place: it reads what it replaces
            self.assertEqual((self.folder / out / "input.xyz").read_bytes(), kept)
            moved = out + "-moved"
            (self.folder / out).rename(self.folder / moved)
            self.succeed(f"run --config {moved}/run.json --steps 700 --out {out}-once-more")
            self.assertEqual(self.contents("whole"), self.contents(out + "-once-more"))
            self.succeed(f"run --continue {moved} --steps 700")
            self.assert_same_run("whole", moved)
            self.assertEqual(self.json(moved + "/run.json")["out"], moved)

    def test_a_moved_folder_and_a_moved_model(self):
        """models given by relative paths, then the folder moved and the models gone | the folder is enough to go on and to repeat"""
        (self.folder / "q").mkdir()
        for option, names in (("--model", ("mine.json",)), ("--committee", ("tiny", "mine.json", "other.json"))):
            for name in names[-2:]:
                if name != "tiny":
                    self.write("q/" + name, (ROOT / "weights/ultra_tiny.json").read_text(encoding="utf-8"))
            models = ",".join(name if name == "tiny" else "q/" + name for name in names)
            for steps, out in ((700, "whole"), (300, "r")):
                self.succeed(f"run {option} {models} --input water.xyz --steps {steps} --frame-every 100 --out q/{out}")
            for path in (self.folder / "q").glob("*.json"):
                path.unlink()
            (self.folder / "q/r").rename(self.folder / "moved")
            (self.folder / "q/whole").rename(self.folder / "whole")
            self.succeed("run --config moved/run.json --steps 700 --out again")
            self.assertEqual(self.contents("whole"), self.contents("again"))
            before = self.json("moved/run.json")[option.strip("-")]
            self.assertEqual(before, {"--model": "model.json", "--committee": "tiny,model-2.json,model-3.json"}[option])
            self.succeed("run --continue moved --steps 700")
            self.assert_same_run("whole", "moved")
            self.assertEqual(self.json("moved/run.json")[option.strip("-")], before)
            for name in ("moved", "whole", "again"):
                shutil.rmtree(self.folder / name)

    def test_a_repeated_run_is_the_same_one(self):
        """a run's configuration with another model, or its kept input changed | refused with both hashes; flags start another run"""
        model = self.write("mine.json", (ROOT / "weights/ultra_tiny.json").read_text(encoding="utf-8"))
        self.succeed("run --model mine.json --input water.xyz --steps 100 --out a")
        again = "run --config a/run.json --steps 50 --out b "
        model.write_text((ROOT / "weights/tiny.json").read_text(encoding="utf-8"), encoding="utf-8")
        self.assertEqual(self.json("a/run.json")["model"], "model.json")
        self.succeed(again)  # the copy in the folder is the model
        self.assertEqual(*((self.folder / name / "model.json").read_bytes() for name in "ab"))
        shutil.rmtree(self.folder / "b")
        model = self.folder / "a/model.json"
        model.write_text((ROOT / "weights/tiny.json").read_text(encoding="utf-8"), encoding="utf-8")
        hashes = self.json("a/run.json")["model-hash"], self.json("a/run.json")["input-hash"]
        self.refuse(BAD_INPUT, again, "a/model.json: not the model that the configuration was made with", hashes[0],
                    "--model MODEL beside --config")
        self.assertFalse((self.folder / "b").exists())
        self.succeed(again + "--model tiny")
        self.assertNotEqual(self.json("b/run.json")["model-hash"], hashes[0])
        self.assertEqual(self.json("b/run.json")["input-hash"], hashes[1])
        model.write_text((ROOT / "weights/ultra_tiny.json").read_text(encoding="utf-8"), encoding="utf-8")
        kept = (self.folder / "a/input.xyz").read_text(encoding="utf-8")
        self.write("a/input.xyz", kept.replace("0.1178", "0.1179"))
        self.refuse(BAD_INPUT, again + "--overwrite", "a/input.xyz: not the atoms, or not the start", hashes[1])
        self.succeed(again + "--overwrite --input water.xyz")
        (self.folder / "a/input.xyz").unlink()
        self.refuse(BAD_INPUT, again + "--overwrite", "a/input.xyz")
        self.refuse(BAD_INPUT, RUN + f"--input-hash {hashes[0]} --out c", "water.xyz: not the atoms")
        self.succeed(RUN + f"--steps 50 --input-hash {hashes[1]} --out c")

    def test_the_kept_input_has_every_bit(self):
        """an input with momenta, masses, a cell, zeros with a sign, several frames | what is kept of it starts the same run"""
        momenta = ('3\nLattice="9.1 0 0 0 9.3 0 0.1 0 9.7" pbc="F F F" Properties=species:S:1:pos:R:3:masses:R:1:momenta:R:3\n'
                   "O 0 -0.0 0.1178 15.9949146 0.01 -0.0 0.03\nH 0 0.7555 -0.4712 2.0141017 0 0.1 1e-9\n"
                   "H 0 -0.7555 -0.47120000000000001 1.00782503 -0.2 0.3333333333333333 0.7\n")
        self.write("odd.xyz", momenta + WATER)
        self.succeed(RUN.replace("water", "odd") + "--replicas 3 --steps 200 --out a")
        self.succeed("run --config a/run.json --out b")
        self.assert_same_run("a", "b")
        self.assertEqual(*((self.folder / name / "input.xyz").read_bytes() for name in "ab"))

    def test_an_input_in_the_folder_itself(self):
        """the input lies in the run's folder under the name of the kept one | it is used where it is, and stays as it is"""
        (self.folder / "a").mkdir()
        self.write("a/input.xyz", WATER)
        self.refuse(CANNOT_WRITE, RUN + "--out a", "holds an earlier run (input.xyz)")
        for options in ("", " --overwrite"):
            self.succeed(RUN.replace("water.xyz", "a/input.xyz") + "--steps 10 --out a" + options)
            self.assertEqual((self.folder / "a/input.xyz").read_text(encoding="utf-8"), WATER)

    def test_committee_goes_on(self):
        """a committee's run is killed, or one of its models replaced | its log has no gap; another model is refused"""
        member = self.folder / "member.json"
        member.write_bytes((ROOT / "weights/tiny.json").read_bytes())
        options = (f"run --committee ultra_tiny,member.json --input water.xyz --steps {20_000 // SLOWER} --seed 3 "
                   "--frame-every 20 --checkpoint-every 500 ")
        self.succeed(options + "--out whole")
        process = self.start(options + "--out part --quiet")
        restart = self.folder / "part/restart.json"
        code = self.kill_when(process, lambda: restart.exists() and self.json("part/restart.json")["step"] > 1000)
        self.assertEqual(code, -signal.SIGKILL)
        self.succeed("run --continue part")
        self.assert_same_run("whole", "part")
        self.assertEqual(*((self.folder / name / "committee.csv").read_bytes() for name in ("whole", "part")))
        kept = self.folder / "part/model-2.json"
        kept.write_bytes((ROOT / "weights/original.json").read_bytes())
        self.refuse(BAD_INPUT, "run --continue part --steps 30000", "not the model that the run began with")

    def test_kill_at_random_moments(self):
        """kill -9 at random moments | --continue cuts torn tails back to the checkpoint; same bits"""
        kills = int(os.environ.get("FUSEMD_KILLS", "25"))
        steps = 60_000 // SLOWER ** 2
        chance = random.Random(11)
        options = RUN + "--ensemble langevin --replicas 3 --seed 2 --checkpoint-every 500 "
        self.succeed(options + f"--steps {steps} --out whole")
        rows = (self.folder / "whole/log.csv").read_bytes()
        done = run = behind = 0
        while done < kills:
            run += 1
            out = f"part{run}"
            process = self.start(options + f"--steps {steps} --out {out} --quiet")
            while True:
                wait = chance.uniform(0.02, 0.6)
                code = self.kill_when(process, lambda end=time.monotonic() + wait: time.monotonic() > end)
                if code == 0:
                    break
                self.assertEqual(code, -signal.SIGKILL)
                done += 1
                log = self.folder / out / "log.csv"
                if log.exists():  # what stands there is right, but for a torn last line
                    self.assertTrue(rows.startswith(log.read_bytes()))
                if not (self.folder / out / "restart.0.state").exists() and not (
                        self.folder / out / "restart.1.state").exists():
                    behind += 1  # killed before its first step: it starts over
                    process = self.start(options + f"--steps {steps} --out {out} --quiet --overwrite")
                else:
                    process = self.start(f"run --continue {out} --quiet")
            self.assert_same_run("whole", out)
        print(f"{done} kills in {run} runs, {behind} before the first checkpoint", file=sys.stderr)

    @staticmethod
    def processor_seconds(process):
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # user and system

    def test_kill_loses_seconds_at_most(self):
        """kill -9 long after the last checkpoint | rows and frames are in their files within a second or so, whole and in order"""
        process = self.start("run --model ultra_tiny --input water.xyz --steps 1000000000 --checkpoint-every 0 --log-every 500 "
                             "--frame-every 5000 --quiet --out a")
        log = self.folder / "a/log.csv"
        while process.poll() is None and (not log.exists() or log.stat().st_size == 0):
            time.sleep(0.002)
        self.assertIsNone(process.poll())
        # By the time that the program had a processor: what a loaded machine takes away is no delay of the program's.
        begin, seen = self.processor_seconds(process), [(0.0, 0)]  # when the log had how many bytes
        deadline = time.monotonic() + 240
        while seen[-1][0] < 5.0 and time.monotonic() < deadline:
            time.sleep(0.1)
            seen.append((self.processor_seconds(process) - begin, log.stat().st_size))
        self.assertGreaterEqual(seen[-1][0], 5.0)
        process.kill()
        process.communicate()
        # At every look the log had grown within the last 2 s, twice the time promised: a disk may be slow.
        for now, size in seen:
            self.assertTrue(now < 2.0 or size > max(s for t, s in seen if t <= now - 2.0), seen)
        rows = log.read_bytes().rpartition(b"\n")[0].decode().splitlines()[1:]
        self.assertEqual([int(row.split(",")[0]) for row in rows], list(range(0, 500 * len(rows), 500)))

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_kill_at_every_system_call(self):
        """kill -9 while a checkpoint is being written | a whole checkpoint is there; same bits"""
        options = RUN + "--steps 1000 --checkpoint-every 1 "
        self.succeed(options + "--out whole")

        def killed_at(call):
            out = f"part{call}"
            process = self.run_fusemd(options + f"--out {out} --quiet", env=self.preloaded(FUSEMD_KILL_AT=call))
            if process.returncode == 0:
                return False
            self.assertEqual(process.returncode, -signal.SIGKILL, process.stderr)
            if not list((self.folder / out).glob("restart.?.state")):
                self.succeed(options + f"--out {out} --overwrite")
            else:
                self.succeed(f"run --continue {out}")
            self.assert_same_run("whole", out)
            return True

        call = 1
        with ThreadPoolExecutor(2) as pool:
            while all(pool.map(killed_at, range(call, call + 8))):
                call += 8
        self.assertGreater(call, 16)  # it reached past the first checkpoint's calls

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_full_disk(self):
        """full disk | exit code 7 with the reason, files end at a whole line; same bits once there is space"""
        options = RUN + "--steps 3000 --checkpoint-every 1 "
        self.succeed(options + "--out whole")
        size = sum(p.stat().st_size for p in (self.folder / "whole").iterdir())
        refused = 0
        for number, room in enumerate(range(1, size + 20000, size // 14)):
            out = f"part{number}"
            process = self.run_fusemd(options + f"--out {out} --quiet", env=self.preloaded(FUSEMD_DISK_BYTES=room))
            if process.returncode == 0:
                self.assert_same_run("whole", out)
                continue
            refused += 1
            self.assertEqual(process.returncode, CANNOT_WRITE, process.stderr)
            self.assertIn("No space left on device", process.stderr)
            self.assertEqual([n for n in os.listdir(self.folder / out) if n.endswith(".tmp")], [])
            log = self.folder / out / "log.csv"
            if log.exists() and log.stat().st_size:
                self.assertTrue(log.read_text().endswith("\n"))
            again = "--overwrite" if not list((self.folder / out).glob("restart.?.state")) else ""
            self.succeed(options + f"--out {out} --overwrite" if again else f"run --continue {out}")
            self.assert_same_run("whole", out)
        self.assertGreater(refused, 10)

    def test_file_size_limit(self):
        """ulimit -f | exit code 7 with the reason, no signal; same bits once the limit is gone"""
        self.succeed(RUN + "--steps 30000 --out whole")
        process = subprocess.run(f"ulimit -f 100; exec {FUSEMD} {RUN} --steps 30000 --out part --quiet",
                                 shell=True, cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(process.returncode, CANNOT_WRITE, process.stderr)
        self.assertIn("File too large", process.stderr)
        self.succeed("run --continue part")
        self.assert_same_run("whole", "part")

    def test_folder_that_cannot_be_written(self):
        """unwritable folder | exit code 7 before anything is computed; the run in it stays as it is"""
        self.succeed(RUN + "--steps 300 --out a")
        before = {p.name: p.read_bytes() for p in (self.folder / "a").iterdir()}
        (self.folder / "a").chmod(0o555)
        options = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
        self.folder.chmod(0o755)
        for arguments in ("run --continue a --steps 600", RUN + "--steps 10 --out a --overwrite", RUN + "--out b"):
            if arguments.endswith("b"):
                self.folder.chmod(0o555)
            self.refuse(CANNOT_WRITE, arguments, "ermission", **options)
        self.folder.chmod(0o755)
        (self.folder / "a").chmod(0o755)
        self.assertEqual(before, {p.name: p.read_bytes() for p in (self.folder / "a").iterdir()})

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_clock_jumps(self):
        """clock set back and forth, steady clock jumps ahead | the run ends with the same bits"""
        self.succeed(RUN + "--steps 2000 --replicas 64 --out whole")
        self.succeed(RUN + "--steps 2000 --replicas 64 --checkpoint-every 1h --out part",
                     env=self.preloaded(FUSEMD_CLOCK_JUMPS=1))
        self.assertGreater(self.json("part/summary.json")["wall_seconds"], 3600)  # the jumps were seen
        self.assert_same_run("whole", "part")

    def test_storm_of_signals(self):
        """SIGTERM, again and again | the run ends at a step, with a checkpoint, and exit code 143"""
        self.succeed(RUN + "--steps 60000 --out whole")
        process = self.start(RUN + "--steps 60000 --out part --quiet")
        while not (self.folder / "part/restart.json").exists():
            time.sleep(0.002)
        while process.poll() is None:
            process.send_signal(signal.SIGUSR1)
            process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, 143)
        self.succeed("run --continue part")
        self.assert_same_run("whole", "part")

    def test_a_second_sigint(self):
        """a second SIGINT before the first was heeded | the program ends at once; --continue goes on from the checkpoint before, with the same bits"""
        self.succeed(RUN + "--steps 60000 --out whole")
        process = self.start(RUN + "--steps 60000 --checkpoint-every 500 --out part --quiet")
        restart = self.folder / "part/restart.json"
        while not restart.exists() or self.json("part/restart.json")["step"] < 1000:
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        before = self.json("part/restart.json")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertIn(process.returncode, (-signal.SIGINT, 130))
        self.assertGreaterEqual(self.json("part/restart.json")["step"], before["step"])
        self.succeed("run --continue part")
        self.assert_same_run("whole", "part")

    def test_damaged_checkpoint(self):
        """a damaged state file | the one before it is used, and that is said; none whole: exit code 3"""
        self.succeed(RUN + "--steps 500 --out whole")
        self.succeed(RUN + "--steps 300 --out part")
        self.succeed("run --continue part --steps 400")
        newest = self.folder / "part" / self.json("part/restart.json")["state"]
        data = bytearray(newest.read_bytes())
        data[len(data) // 2] ^= 4
        newest.write_bytes(data)
        process = self.succeed("run --continue part --steps 500")
        self.assertIn("cannot be used: it is damaged; going on from part/restart.", process.stderr)
        self.assert_same_run("whole", "part")
        for path in (self.folder / "part").glob("restart.?.state"):
            path.write_bytes(path.read_bytes()[:-1])
        self.refuse(BAD_INPUT, "run --continue part --steps 600", "it is damaged", "starts over, with the same bits")

    def test_missing_files(self):
        """log, trajectory or committee.csv shorter than the checkpoint says, or gone | exit code 7 or 3, nothing is touched"""
        self.succeed(RUN + "--steps 300 --out a")
        log = self.folder / "a/log.csv"
        log.write_bytes(log.read_bytes()[:100])
        self.refuse(CANNOT_WRITE, "run --continue a --quiet --steps 400", "a/log.csv", "the file is shorter (100 bytes)")
        log.unlink()
        self.refuse(CANNOT_WRITE, "run --continue a --quiet --steps 400", "a/log.csv: cannot go on with the file")
        self.succeed("run --committee tiny,ultra_tiny --input water.xyz --steps 300 --frame-every 50 --out c")
        table = self.folder / "c/committee.csv"
        table.write_bytes(table.read_bytes()[:-20])
        self.refuse(CANNOT_WRITE, "run --continue c --quiet --steps 400", "c/committee.csv", "the file is shorter")
        self.refuse(BAD_INPUT, "run --continue nowhere", "nowhere/run.json: cannot read the configuration")
        for path in (self.folder / "a").glob("restart.?.state"):
            path.unlink()
        self.refuse(BAD_INPUT, "run --continue a", "there is no checkpoint to go on from", "run.json --overwrite")

    def test_two_runs_in_one_folder(self):
        """a second run in the same folder | exit code 7; the first is not disturbed"""
        self.succeed(RUN + "--steps 40000 --out whole")
        process = self.start(RUN + "--steps 40000 --out part --quiet")
        while not (self.folder / "part/restart.json").exists():
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        try:
            words = "another run is writing into this folder"
            self.refuse(CANNOT_WRITE, "run --continue part", words)
            self.refuse(CANNOT_WRITE, RUN + "--out part --overwrite", words)
        finally:
            process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assert_same_run("whole", "part")

    def test_something_else_than_before(self):
        """another model, other atoms, other options | refused with what was expected and found"""
        self.succeed(RUN + "--steps 300 --out a")
        before = {p.name: p.read_bytes() for p in (self.folder / "a").iterdir()}
        go_on = "run --continue a --steps 400 "
        self.refuse(BAD_INPUT, go_on + "--model tiny", "tiny.json: not the model that the run began with", "ultra_tiny")
        self.write("other.xyz", WATER.replace("0.1178", "0.1179"))
        self.refuse(BAD_INPUT, go_on + "--input other.xyz", "other.xyz: not the atoms, or not the start")
        self.refuse(2, go_on + "--timestep 0.25", "--timestep: a continued run keeps this option", "expected: 0.5")
        self.refuse(2, go_on + "--ensemble csvr", "--ensemble: a continued run keeps this option", "expected: nve")
        self.refuse(2, go_on + "--overwrite", "--overwrite: has no meaning with --continue")
        self.refuse(2, go_on + "--out b", "--out: has no meaning with --continue, which goes on in its own folder")
        self.refuse(2, go_on + "--config a/run.json", "--config: has no meaning with --continue")
        config = self.json("a/run.json")
        self.write("a/run.json", json.dumps({**config, "seed": 99}))
        self.refuse(BAD_INPUT, go_on, "a/run.json:1: 'seed': a continued run keeps this option")
        self.write("a/run.json", before["run.json"].decode())
        self.assertEqual(before, {p.name: p.read_bytes() for p in (self.folder / "a").iterdir()})

    def test_another_instruction_set(self):
        """another device or instruction set | it goes on, and says that bits may differ"""
        self.succeed(RUN + "--steps 300 --instruction-set sse4 --out a")
        process = self.succeed("run --continue a --steps 400 --device reference --instruction-set auto")
        self.assertIn("the run began with device cpu and goes on with reference: its bits may differ", process.stderr)
        self.assertIn("instruction set sse4", process.stderr)
        self.assertNotIn("began with fusemd", process.stderr)
        self.assertEqual(len((self.folder / "a/log.csv").read_text().splitlines()), 1 + 9)

    def test_another_build(self):
        """another build of the same commit | it goes on, names both builds and says that bits may differ"""
        self.succeed(RUN + "--steps 100 --out a")
        build = self.json("a/summary.json")["build"]
        self.assertRegex(build, "^[0-9a-f]{12}$")
        self.assertEqual(self.json("a/restart.json")["build"], build)
        self.assertIn(f"build {build})", self.succeed("--version").stdout)
        self.assertNotIn("began with", self.succeed("run --continue a --steps 150").stderr)
        program = Path(FUSEMD).read_bytes()
        self.assertEqual(program.count(bytes.fromhex(build)), 1)  # the linker's note, and nowhere else
        other = self.folder / "bin/fusemd"
        other.parent.mkdir()
        other.write_bytes(program.replace(bytes.fromhex(build), bytes.fromhex("0123456789ab")))
        other.chmod(0o755)
        (self.folder / "share").symlink_to(Path(FUSEMD).parents[1] / "share")
        process = subprocess.run([other, "run", "--continue", "a", "--steps", "200"], cwd=self.folder, capture_output=True,
                                 text=True, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        commit = self.json("a/summary.json")["commit"]
        self.assertRegex(process.stderr, rf"began with fusemd \S+ \({commit}, build {build}\) and goes on with \S+ "
                                         rf"\({commit}, build 0123456789ab\): its bits may differ")


if __name__ == "__main__":
    unittest.main()
