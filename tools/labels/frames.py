# SPDX-License-Identifier: MIT
"""Labelled frames as extended XYZ. Lengths in Angstrom, energies in eV, temperatures in K."""

import io
import itertools
import os
from dataclasses import dataclass, field

import numpy as np
from ase.data import chemical_symbols


class FileError(Exception):
    """A file that is not XYZ; the text is for the user."""


@dataclass
class Frame:
    numbers: np.ndarray
    positions: np.ndarray  # as written: rounded(), so that labels belong to the digits in the file
    energy: float = 0.0
    forces: np.ndarray = None
    keys: dict = field(default_factory=dict)  # molecule, trajectory, temperature_K, ...


def rounded(positions):
    return np.round(np.asarray(positions, dtype=float), 7) + 0.0


def _value(value):
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if " " in text else text


def text_of(frame):
    keys = " ".join(f"{key}={_value(value)}" for key, value in frame.keys.items())
    lines = [str(len(frame.numbers)),
             f'Properties=species:S:1:pos:R:3:forces:R:3 energy={frame.energy:.9f} {keys} pbc="F F F"']
    for z, r, f in zip(frame.numbers, frame.positions, frame.forces):
        lines.append(f"{chemical_symbols[z]} {r[0]:.7f} {r[1]:.7f} {r[2]:.7f} {f[0]:.7f} {f[1]:.7f} {f[2]:.7f}")
    return "\n".join(lines) + "\n"


def write(path, frames):
    """All at once: a file that exists is complete."""
    scratch = f"{path}.{os.getpid()}.part"
    with open(scratch, "w", encoding="utf-8") as out:
        for frame in frames:
            out.write(text_of(frame))
    os.replace(scratch, path)


def _texts(lines):
    """(byte, text) of every frame that has atoms, of a file opened as bytes: far cheaper than making sense of it."""
    begin = lines.tell()
    while line := lines.readline():
        text = line
        if line.strip():
            if not line.strip().isdigit():
                raise FileError(f"{lines.name}: byte {begin}: expected a number of atoms, found {line[:40]!r}")
            text += b"".join(lines.readline() for _ in range(int(line) + 1))
            if int(line) > 0:
                yield begin, text
        begin += len(text)


def frame_offsets(path):
    """The byte where each frame that has atoms begins."""
    with open(path, "rb") as lines:
        return [begin for begin, _ in _texts(lines)]


def read_geometries(path, offset, count):
    """(numbers, positions, keys) of `count` frames from byte `offset` on; labels in them are not read."""
    from ase.io import iread

    with open(path, "rb") as lines:
        lines.seek(offset)
        chosen = b"".join(text for _, text in itertools.islice(_texts(lines), count)).decode("utf-8")
    for atoms in iread(io.StringIO(chosen), index=":", format="extxyz"):
        keys = {key: atoms.info[key] for key in ("molecule", "trajectory", "temperature_K") if key in atoms.info}
        yield atoms.numbers, atoms.positions, keys
