#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs whose machine loses power: whatever of their writes is on the disk, they go on with the same bits."""

import json
import shutil
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

from cli import SQUEEZED, WATER
from faults.power_loss import Disk
from restart_case import BAD_INPUT, CANNOT_WRITE, DIVERGED, RUN, RestartCase, without_shim


class PowerLoss(RestartCase):
    def lose_power(self, out, options, files=(), ends=(200, 1000), code=0):
        """Sessions of a run that end at these steps, and each state of the disk that loss of power may leave, continued to the same end."""
        environment = self.preloaded(FUSEMD_JOURNAL=f"journal-{out}")
        name = f"nest-{out}/deep"
        arguments, codes = f"{options} --checkpoint-every 1 --quiet --steps {ends[0]} --out {name}", set()
        for steps in (*ends[1:], None):  # each session has a checkpoint at its start and at its end
            process = self.run_fusemd(arguments, env=environment)
            codes.add(process.returncode)
            arguments = f"run --continue {name} --quiet --steps {steps}"
        self.assertLessEqual(codes, {0, code}, process.stderr)
        self.assertEqual(process.returncode, code)
        journal = (self.folder / f"journal-{out}").read_text().splitlines()
        disk, states, complete = Disk(), {}, False
        for line in journal:
            disk.apply(line)
            # The first checkpoint is there, says the program, once its name is on the disk.
            run = disk.root.names[f"nest-{out}"].names.get("deep")
            complete = complete or run is not None and any(n.endswith(".state") for n in run.names_on_disk)
            for found in disk.after_power_loss():
                key = json.dumps({n: hash(b) for n, b in found.items()}, sort_keys=True)
                states[key] = (found, complete)
        self.assertTrue(complete)

        def go_on(number, found, must):
            place = f"part{number}"
            for path, data in found.items():
                (self.folder / place / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / place / path).write_bytes(data)
            process = self.run_fusemd(f"run --continue {place}/{name} --steps 1000 --quiet")
            if process.returncode == code:
                self.assert_same_run(name, f"{place}/{name}")
                for file in files:
                    self.assertEqual((self.folder / place / name / file).read_bytes(),
                                     (self.folder / name / file).read_bytes(), file)
            else:  # before the first checkpoint: refused with words, and nothing is claimed
                self.assertFalse(must, process.stderr)
                self.assertIn(process.returncode, (BAD_INPUT, CANNOT_WRITE), process.stderr)
                self.assertIn("fusemd: part", process.stderr)
            shutil.rmtree(self.folder / place, ignore_errors=True)
            return process.returncode == code

        with ThreadPoolExecutor(2) as pool:
            went_on = list(pool.map(lambda item: go_on(item[0], *item[1]), enumerate(states.values())))
        print(f"{out}: {len(journal)} calls, {len(states)} states of the disk, {sum(went_on)} went on", file=sys.stderr)
        return len(states)

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_power_loss_after_every_write(self):
        """loss of power after any write | a whole checkpoint is there once the first was written; same bits"""
        self.assertGreater(self.lose_power("whole", RUN, ends=range(200, 1001, 200)), 120)

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_power_loss_with_replica_exchange(self):
        """loss of power in a run with replica exchange | the same, with the same exchange.csv"""
        options = RUN + "--ensemble langevin --replicas 2 --temperature 300,400 --exchange-every 200"
        self.assertGreater(self.lose_power("exchange", options, ["exchange.csv"]), 50)

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_power_loss_with_a_committee(self):
        """loss of power in a committee's run | the same, with the same committee.csv"""
        options = RUN.replace("--model ultra_tiny", "--committee tiny,ultra_tiny")
        self.assertGreater(self.lose_power("committee", options, ["committee.csv"]), 50)

    @unittest.skipIf(without_shim(), "nothing can be preloaded under sanitizers")
    def test_power_loss_with_a_failed_replica(self):
        """loss of power around the stop of a replica | the same, with the same frames in failed/"""
        self.write("two.xyz", WATER + SQUEEZED)
        options = ("run --model tiny --input two.xyz --replicas 2 --temperature 100 --temperature-limit 2000 "
                   "--log-every 50 --frame-every 100")
        self.assertGreater(self.lose_power("failing", options, ["failed/replica-1.xyz"], code=DIVERGED), 50)


if __name__ == "__main__":
    unittest.main()
