# SPDX-License-Identifier: MIT
"""Frames of fusemd's trajectories: how far a committee is apart on each, and copies of those that were chosen."""

import math
from pathlib import Path


def frames_of(path):
    """(comment, atom lines) of each frame of an XYZ file."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                count = int(line)
                comment = next(lines)
                yield comment, [next(lines) for _ in range(count)]


def deviations(folder, committee):
    """Force deviation (eV/Angstrom) of each frame of a run; 0 without a committee, infinite where it is not finite."""
    if not committee:
        return [0.0 for _ in frames_of(folder / "trajectory.xyz")]
    rows = (folder / "committee.csv").read_text(encoding="utf-8").splitlines()[1:]
    values = [float(row.split(",")[3]) for row in rows]
    return [value if math.isfinite(value) else math.inf for value in values]


def _key(comment, name):
    for word in comment.split():
        if word.startswith(name + "="):
            return word.split("=", 1)[1].strip('"')
    return ""


def copy_frames(sources, chosen, path, starts, name):
    """Writes the chosen frames (source, index) as geometries with molecule, trajectory and temperature.

    A replica starts from frame replica mod number of starts, which tells its molecule.
    """
    molecules = [_key(comment, "molecule") or "molecule" for comment, _ in frames_of(starts)]
    scratch = Path(f"{path}.part")
    with open(scratch, "w", encoding="utf-8") as out:
        for source, (trajectory, temperature) in enumerate(sources):
            for index, (comment, atoms) in enumerate(frames_of(trajectory)):
                if (source, index) not in chosen:
                    continue
                replica = int(_key(comment, "replica") or 0)
                molecule = molecules[replica % len(molecules)]
                out.write(f"{len(atoms)}\nProperties=species:S:1:pos:R:3 molecule={molecule} "
                          f"trajectory={molecule}/{name}/{temperature:g}K/{replica} temperature_K={temperature:g} "
                          'pbc="F F F"\n')
                out.writelines(" ".join(atom.split()[:4]) + "\n" for atom in atoms)
    scratch.replace(path)
