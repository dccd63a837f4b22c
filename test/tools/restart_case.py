# SPDX-License-Identifier: MIT
"""What tests of interrupted runs have in common: the run, its end, and files compared bit by bit."""

import os
import signal
import time

from cli import CommandLineTest

RUN = "run --model ultra_tiny --input water.xyz --log-every 50 --frame-every 100 "
SHIM = os.environ.get("FUSEMD_FAULTS", "")
BAD_INPUT, DIVERGED, CANNOT_WRITE = 3, 5, 7
SLOWER = 4 if os.environ.get("FUSEMD_SANITIZE") else 1  # so many fewer steps under sanitizers


def without_shim():
    """Sanitizers' own libraries must come first, so nothing can be preloaded."""
    return not SHIM or os.environ.get("FUSEMD_SANITIZE")


class RestartCase(CommandLineTest):
    def preloaded(self, **variables):
        return {**os.environ, "LD_PRELOAD": SHIM, **{k: str(v) for k, v in variables.items()}}

    def contents(self, folder):
        return {name: (self.folder / folder / name).read_bytes() for name in ("log.csv", "trajectory.xyz")}

    def final_state(self, folder):
        """The replicas' states: positions, velocities, forces and energies, bit by bit."""
        newest = self.json(folder + "/restart.json")["state"]
        data = (self.folder / folder / newest).read_bytes()
        # Behind the description and 6 numbers of 8 bytes; before it the first line and its length.
        start = data.index(b"\n") + 1
        return data[start + 8 + int.from_bytes(data[start:start + 8], "little") + 48:-8]

    def assert_same_run(self, whole, pieces):
        self.assertEqual(self.contents(whole), self.contents(pieces))
        self.assertEqual(self.final_state(whole), self.final_state(pieces))
        first, second = self.json(whole + "/summary.json"), self.json(pieces + "/summary.json")
        for key in first:
            if "second" not in key and "day" not in key and key != "threads":
                self.assertEqual(first[key], second[key], key)

    def kill_when(self, process, ready, number=signal.SIGKILL):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None and not ready():
            time.sleep(0.002)
        process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode
