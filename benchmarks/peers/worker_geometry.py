# SPDX-License-Identifier: MIT
"""The molecule and its distorted geometries, alike in every program. The random numbers are a generator of our own, so
that no version of NumPy changes them and none is needed."""

import math

SYMBOLS = {"H": 1, "C": 6, "N": 7, "O": 8}


def read_xyz(path):
    """(atomic numbers, positions in Angstrom) of the first frame, as lists."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    atoms = [line.split() for line in lines[2:2 + int(lines[0])]]
    return [SYMBOLS[a[0]] for a in atoms], [[float(x) for x in a[1:4]] for a in atoms]


def distorted(positions, seed):
    """Each coordinate moved by a normal deviate of 0.03 Angstrom (Box and Muller on a 64-bit congruential generator)."""
    state = 6364136223846793005 * (seed + 1) + 1442695040888963407

    def uniform():
        nonlocal state
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        return ((state >> 11) + 1) / (2**53 + 1)

    def normal():
        return math.sqrt(-2.0 * math.log(uniform())) * math.cos(2.0 * math.pi * uniform())

    return [[x + 0.03 * normal() for x in row] for row in positions]
