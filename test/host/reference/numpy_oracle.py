#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Energies and forces of every switch combination from the NumPy statement of the model.

    python3 numpy_oracle.py SHARED WEIGHTS STRUCTURES FOLDER

SHARED is the folder with model_reference.py, WEIGHTS a checkpoint beside it, STRUCTURES a golden file
whose structures are used. Writes FOLDER/0.json to FOLDER/15.json in the layout of STRUCTURES; bit k of
the name is set where switch k has the second value of docs/model.md.
"""
import json
import os
import sys

import numpy as np


def main():
    shared, weights, structures, folder = sys.argv[1:5]
    sys.path.insert(0, shared)
    import model_reference

    config, tensors = model_reference.load(weights)
    with open(structures) as file:
        golden = json.load(file)
    os.makedirs(folder, exist_ok=True)
    for bits in range(16):
        config["cutoff_applied_to"] = "filter" if bits & 1 else "rbf"
        config["vector_mixing"] = "none" if bits & 2 else "matrix"
        config["directional_message"] = "filter_times_source" if bits & 4 else "filter"
        config["norm_epsilon"] = 0.01 if bits & 8 else 0.0
        for case in golden["cases"]:
            energy, forces = model_reference.energy_forces(
                config, tensors, np.array(case["Z"]), case["positions"])
            case["energy"], case["forces"] = float(energy), forces.tolist()
        with open(os.path.join(folder, f"{bits}.json"), "w") as file:
            json.dump(golden, file)


if __name__ == "__main__":
    main()
