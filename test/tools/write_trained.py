#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""write_trained.py WEIGHTS.json FOLDER: what a user has after training, trained.pt, and what tools/export_from_pytorch.py
makes of it, trained.safetensors and frames.xyz. --ideal-methane: frames of methane instead, with the forces of a geometry
that differs by 1e-9 Angstrom."""

import argparse
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "test" / "weights" / "import")]
from export_from_pytorch import export, read_xyz  # noqa: E402  (the path first)
from student_module import load_seed  # noqa: E402


def energy(model, numbers, positions):
    return model(numbers, positions, model.pairs(positions.detach()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ideal-methane", action="store_true")
    arguments = parser.parse_args()
    model, state = load_seed(arguments.weights)
    torch.save({"model_state_dict": state, "config": {"cutoff": model.cutoff}}, arguments.folder / "trained.pt")
    names = ("water", "ethanol", "benzene", "aspirin", "alanine_dipeptide")
    structures = [frame for name in names for frame in read_xyz(ROOT / "examples" / f"{name}.xyz")]
    if arguments.ideal_methane:
        a = 0.629118
        structures = [([6, 1, 1, 1, 1], [[1e-9, 0, 0], [a, a, a], [-a, -a, a], [a, -a, -a], [-a, a, -a]])]
    export(model, arguments.folder / "trained", structures, energy)
    if arguments.ideal_methane:
        frames = arguments.folder / "frames.xyz"
        (arguments.folder / "trained.xyz").rename(frames)
        frames.write_text(frames.read_text(encoding="utf-8").replace("C 1e-09 ", "C -1e-09 "), encoding="utf-8")
    else:
        (arguments.folder / "trained.xyz").rename(arguments.folder / "frames.xyz")


if __name__ == "__main__":
    main()
