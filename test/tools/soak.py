#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One process that goes through ensembles, thread counts and checkpoints, with its resident memory watched.

    soak.py [SECONDS]       ends with 1 if memory grew by 1 MB or more after the first third"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cli import FUSEMD, WATER

LIMIT = 1 << 20  # bytes


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def soak(folder, name, options, seconds):
    """Growth of resident memory (bytes) from the end of the first third to the end of `seconds`."""
    command = f"{FUSEMD} run --model ultra_tiny --input water.xyz --steps 1000000000000 --quiet --out {name} {options}"
    process = subprocess.Popen(command.split(), cwd=folder, stdout=subprocess.DEVNULL)
    while not (folder / name / "restart.json").exists() and process.poll() is None:
        time.sleep(0.05)
    begin, early, late = time.monotonic(), [], []
    while (passed := time.monotonic() - begin) < seconds:
        time.sleep(0.05)
        if process.poll() is not None:
            sys.exit(f"{name}: ended with {process.returncode}")
        process.send_signal(signal.SIGUSR1)  # a checkpoint: the step loop is left and entered again
        memory = resident(process.pid)
        (early if passed < seconds / 3 else late).append(memory)
    process.send_signal(signal.SIGTERM)
    process.wait()
    growth = max(late[-len(late) // 4:]) - max(early[len(early) // 2:])
    print(f"{name}: {len(early) + len(late)} checkpoints, {max(late) / 2**20:.1f} MB, grew by {growth / 1024:.0f} kB")
    return growth


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 180.0
    folder = Path(tempfile.mkdtemp(prefix="fusemd-soak-"))
    (folder / "water.xyz").write_text(WATER, encoding="ascii")
    runs = (("langevin", "--ensemble langevin --replicas 64 --threads 2 --log-every 1000 --frame-every 100000"),
            ("csvr", "--ensemble csvr --replicas 3 --threads 3 --log-every 1000 --frame-every 100000"),
            ("exchange", "--ensemble langevin --replicas 4 --temperature 300,350,400,450 --exchange-every 200 "
                         "--log-every 1000 --frame-every 100000"))
    try:
        growths = [soak(folder, name, options, seconds / len(runs)) for name, options in runs]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if max(growths) >= LIMIT else 0)


if __name__ == "__main__":
    main()
