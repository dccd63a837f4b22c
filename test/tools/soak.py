#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs that go through ensembles, restarts and thread counts for minutes, with resident memory watched.

    soak.py [SECONDS]       ends with 1 if memory grew by 1 MB or more after the first third

Three runs (NVE, Langevin, CSVR) take turns. Each third of the time has nine sessions, every ensemble with every number of
threads; a session goes on with --continue, is asked for checkpoints all the time and is ended by SIGTERM. Growth is, over
the sessions behind the first third, the most that one has above the same ensemble and threads in the first third; and, in
any session, the most that it has above its own first third."""

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
ENSEMBLES = {"nve": "--ensemble nve --replicas 5", "langevin": "--ensemble langevin --replicas 64",
             "csvr": "--ensemble csvr --replicas 16"}
THREADS = (1, 2, 3)


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(process, ready):
    while not ready():
        if process.poll() is not None:
            sys.exit(f"{' '.join(process.args)}: ended with {process.returncode}")
        time.sleep(0.002)


def session(folder, name, threads, seconds):
    """Resident memory (bytes) of one session of a run, measured after each checkpoint."""
    checkpoints = folder / name / "restart.json"
    if checkpoints.exists():
        command = f"run --continue {name} --threads {threads} --quiet"
    else:
        command = (f"run --model ultra_tiny --input water.xyz --steps 1000000000000 --log-every 1000 --frame-every 100000 "
                   f"{ENSEMBLES[name]} --threads {threads} --quiet --out {name}")
    before = checkpoints.stat().st_mtime_ns if checkpoints.exists() else 0
    process = subprocess.Popen([FUSEMD, *command.split()], cwd=folder, stdout=subprocess.DEVNULL)
    wait_for(process, lambda: checkpoints.exists() and checkpoints.stat().st_mtime_ns != before)
    begin, memory = time.monotonic(), []
    while time.monotonic() - begin < seconds or len(memory) < 6:
        written = checkpoints.stat().st_mtime_ns
        time.sleep(0.05)
        process.send_signal(signal.SIGUSR1)  # the step loop is left and entered again
        wait_for(process, lambda: checkpoints.stat().st_mtime_ns != written)
        memory.append(resident(process.pid))
    process.send_signal(signal.SIGTERM)
    if process.wait(timeout=60) != 128 + signal.SIGTERM:
        sys.exit(f"{command}: ended with {process.returncode}")
    return memory


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 180.0
    folder = Path(tempfile.mkdtemp(prefix="fusemd-soak-"))
    (folder / "water.xyz").write_text(WATER, encoding="ascii")
    first, across, within, checkpoints, most = {}, 0, 0, 0, 0
    combinations = [(name, THREADS[(turn + k) % 3]) for turn in range(3) for k, name in enumerate(ENSEMBLES)]
    try:
        for third in range(3):
            for name, threads in combinations:
                memory = session(folder, name, threads, seconds / 27)
                checkpoints += len(memory)
                most = max(most, *memory)
                within = max(within, max(memory) - max(memory[:len(memory) // 3]))
                if third == 0:
                    first[name, threads] = max(memory)
                else:
                    across = max(across, max(memory) - first[name, threads])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"27 sessions, {checkpoints:,} checkpoints, at most {most / 2**20:.1f} MB resident; grew after the first third by "
          f"{across / 1024:.0f} kB, within a session by {within / 1024:.0f} kB at most")
    sys.exit(1 if max(across, within) >= LIMIT else 0)


if __name__ == "__main__":
    main()
