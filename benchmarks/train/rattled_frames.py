#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rattled_frames.py COUNT SEED OUT.xyz: frames of the examples' ethanol (3 in 10), benzene (5), aspirin and water (1 each),
every coordinate moved by a normal deviate of 0.06 Angstrom: 11 atoms and 59 pairs on average. Labels come from a
model: fusemd eval --model original --input OUT.xyz --output LABELLED.xyz"""

import sys
from pathlib import Path

import ase
import ase.io
import numpy as np

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def main():
    count, seed, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    random = np.random.default_rng(seed)
    names = ["ethanol"] * 3 + ["benzene"] * 5 + ["aspirin", "water"]
    molecules = [ase.io.read(EXAMPLES / f"{name}.xyz") for name in names]
    frames = []
    for k in range(count):
        molecule = molecules[k % len(molecules)]
        moved = molecule.positions + random.normal(0, 0.06, molecule.positions.shape)
        frames.append(ase.Atoms(molecule.numbers, moved))
    ase.io.write(out, frames, format="extxyz")


main()
