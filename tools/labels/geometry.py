# SPDX-License-Identifier: MIT
"""Geometries away from equilibrium: rattled, stretched, rotated, and pairs of molecules.

Every function takes a numpy Generator and is a function of its arguments alone. Lengths in Angstrom.
"""

import numpy as np
from ase.data import covalent_radii

RATTLE = (0.02, 0.12)  # standard deviation of a rattled atom's displacement, drawn for each frame
BOND_FACTOR = (0.85, 1.45)  # length of a stretched bond by its length at rest
CLASH = 1.15  # atoms without a bond stay this factor beyond the sum of their covalent radii
PAIR_GAP = (1.7, 6.0)  # smallest distance between two molecules
TRIES = 40


def rattled(conformer, rng):
    sigma = rng.uniform(*RATTLE)
    return conformer.positions + sigma * rng.standard_normal(conformer.positions.shape)


def _side(conformer, i, j):
    """Atoms on j's side of the bond i-j, or None if a ring joins both sides."""
    neighbours = {k: set() for k in range(len(conformer.numbers))}
    for a, b, _ in conformer.bonds:
        neighbours[a].add(b)
        neighbours[b].add(a)
    neighbours[i].discard(j)
    neighbours[j].discard(i)
    side, stack = {j}, [j]
    while stack:
        for k in neighbours[stack.pop()] - side:
            side.add(k)
            stack.append(k)
    return None if i in side else sorted(side)


def _sides(conformer):
    """(i, j, atoms on j's side or None, single) of every bond."""
    return [(i, j, _side(conformer, i, j), single) for i, j, single in conformer.bonds]


def stretched(conformer, rng):
    """One or two bonds longer or shorter; what hangs on them moves along, in a ring both atoms move."""
    positions = conformer.positions + 0.03 * rng.standard_normal(conformer.positions.shape)
    sides = _sides(conformer)
    for index in rng.permutation(len(sides))[:rng.integers(1, 3)]:
        i, j, side, _ = sides[index]
        shift = (rng.uniform(*BOND_FACTOR) - 1.0) * (positions[j] - positions[i])
        if side is None:
            positions[j] += 0.25 * shift
            positions[i] -= 0.25 * shift
        else:
            positions[side] += shift
    return positions


def _rotation(axis, angle):
    axis = axis / np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _clashes(numbers, positions, bonded):
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    least = CLASH * (covalent_radii[numbers][:, None] + covalent_radii[numbers][None])
    return bool(np.any((distance < least) & ~bonded & ~np.eye(len(numbers), dtype=bool)))


def _near_by_bonds(conformer):
    """[n, n] atoms that one or two bonds join."""
    n = len(conformer.numbers)
    one = np.zeros((n, n), dtype=bool)
    for i, j, _ in conformer.bonds:
        one[i, j] = one[j, i] = True
    return one | (one.astype(int) @ one.astype(int) > 0)


def rotated(conformer, rng):
    """Every single bond outside rings turned by a random angle, without clashes; None if there is no such bond."""
    degree = np.zeros(len(conformer.numbers), dtype=int)
    for i, j, _ in conformer.bonds:
        degree[i] += 1
        degree[j] += 1
    turnable = [entry for entry in _sides(conformer)
                if entry[3] and entry[2] is not None and degree[entry[0]] > 1 and degree[entry[1]] > 1]
    if not turnable:
        return None
    bonded = _near_by_bonds(conformer)
    for _ in range(TRIES):
        positions = conformer.positions.copy()
        for i, j, side, _ in turnable:
            turn = _rotation(positions[j] - positions[i], rng.uniform(0.0, 2.0 * np.pi))
            positions[side] = (positions[side] - positions[j]) @ turn.T + positions[j]
        if not _clashes(conformer.numbers, positions, bonded):
            return positions + 0.03 * rng.standard_normal(positions.shape)
    return None


def _random_rotation(rng):
    q = rng.standard_normal(4)
    w, x, y, z = q / np.linalg.norm(q)
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def pair(first, second, rng):
    """Two molecules in random orientation; the closest atoms of the two are 1.7 to 6 Angstrom apart, mostly near.

    Result   numbers [n], positions [n, 3].
    """
    a = first.positions + 0.04 * rng.standard_normal(first.positions.shape)
    b = second.positions + 0.04 * rng.standard_normal(second.positions.shape)
    a = a - a.mean(axis=0)
    b = (b - b.mean(axis=0)) @ _random_rotation(rng).T
    direction = rng.standard_normal(3)
    direction /= np.linalg.norm(direction)
    gap = PAIR_GAP[0] + (PAIR_GAP[1] - PAIR_GAP[0]) * rng.uniform() ** 2
    low, high = 0.0, 60.0
    for _ in range(60):  # the smallest distance grows beyond the last touch: bisect from outside
        middle = 0.5 * (low + high)
        moved = b + middle * direction
        if np.linalg.norm(a[:, None] - moved[None], axis=-1).min() < gap:
            low = middle
        else:
            high = middle
    # Two heavy atoms at 1.7 Angstrom would be a bond: then move apart until only hydrogen is that close.
    moved = b + high * direction
    contact = np.linalg.norm(a[:, None] - moved[None], axis=-1)
    heavy = (first.numbers[:, None] > 1) & (second.numbers[None] > 1)
    while heavy.any() and contact[heavy].min() < 2.4:
        high += 0.1
        moved = b + high * direction
        contact = np.linalg.norm(a[:, None] - moved[None], axis=-1)
    return np.concatenate([first.numbers, second.numbers]), np.concatenate([a, moved])
