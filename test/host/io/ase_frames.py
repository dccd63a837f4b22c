# SPDX-License-Identifier: MIT
"""Shows trajectories through ASE's eyes.

ase_frames.py read FILE    prints every frame of FILE as ASE reads it
ase_frames.py write FILE   lets ASE write frames made from a fixed seed, and prints what went in

A frame is printed as: number of atoms, energy, and a line an atom with Z, position, velocity (ASE's
unit, sqrt(eV/amu)), force, mass. Every number reads back as the same double.
"""
import sys

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write


def show(atoms):
    rows = zip(atoms.numbers, atoms.positions, atoms.get_velocities(), atoms.get_forces(),
               atoms.get_masses())
    print(len(atoms), repr(float(atoms.get_potential_energy())))
    for number, position, velocity, force, mass in rows:
        print(number, *(repr(float(x)) for x in (*position, *velocity, *force, mass)))


def make_frames():
    random = np.random.RandomState(11)
    frames = []
    for k in range(20):
        n = random.randint(1, 30)
        atoms = Atoms(numbers=random.choice([1, 6, 7, 8, 16], n), positions=3 * random.randn(n, 3))
        if k % 3 == 0:
            atoms.set_masses(random.uniform(1, 40, n))
        if k % 4 == 0:
            atoms.set_cell(random.uniform(5, 9, 3))
            atoms.pbc = [True, False, k % 8 == 0]
        atoms.set_momenta(np.clip(0.5 * random.randn(n, 3), -1.4, 1.4))
        atoms.info["label"] = 'a "quoted" name'
        atoms.set_array("tags_of_mine", random.randint(0, 9, (n, 2)))
        atoms.calc = SinglePointCalculator(atoms, energy=float(random.randn()),
                                           forces=random.randn(n, 3))
        frames.append(atoms)
    return frames


if sys.argv[1] == "read":
    images = read(sys.argv[2], ":")
else:
    images = make_frames()
    write(sys.argv[2], images, format="extxyz")
for image in images:
    show(image)
