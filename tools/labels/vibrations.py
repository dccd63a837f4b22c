# SPDX-License-Identifier: MIT
"""Harmonic frequencies of a relaxed molecule from differences of the teacher's forces."""

import numpy as np

# sqrt(eV / (amu Angstrom^2)) as a wavenumber in cm-1, from CODATA 2018.
WAVENUMBER = 521.4709


def _motions(positions, masses):
    """Orthonormal mass-weighted translations and rotations [5 or 6, 3n]."""
    centred = positions - masses @ positions / masses.sum()
    rows = []
    for axis in np.eye(3):
        rows.append((np.sqrt(masses)[:, None] * axis).ravel())
        rows.append((np.sqrt(masses)[:, None] * np.cross(axis, centred)).ravel())
    _, sizes, basis = np.linalg.svd(np.array(rows), full_matrices=False)
    return basis[sizes > 1e-3 * sizes[0]]


def frequencies(atoms, displacement):
    """Wavenumbers in cm-1, ascending, imaginary ones negative; central differences, `displacement` in Angstrom."""
    masses, rest = atoms.get_masses(), atoms.positions.copy()
    n = len(atoms)
    hessian = np.empty((3 * n, 3 * n))
    for k in range(3 * n):
        forces = []
        for sign in (1, -1):
            atoms.positions = rest
            atoms.positions[k // 3, k % 3] += sign * displacement
            forces.append(atoms.get_forces().ravel())
        hessian[k] = -(forces[0] - forces[1]) / (2 * displacement)
    atoms.positions = rest
    weight = 1.0 / np.sqrt(np.repeat(masses, 3))
    hessian = weight[:, None] * 0.5 * (hessian + hessian.T) * weight[None]
    free = _motions(rest, masses)
    projector = np.eye(3 * n) - free.T @ free
    # Translations and rotations get a value far above every vibration, so that they come last.
    above = 10.0 * 3 * n * np.abs(hessian).max()
    values = np.linalg.eigvalsh(projector @ hessian @ projector + above * free.T @ free)[:3 * n - len(free)]
    return np.sign(values) * np.sqrt(np.abs(values)) * WAVENUMBER
