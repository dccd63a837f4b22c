# SPDX-License-Identifier: MIT
"""Reads a fusemd model file (weights/FORMAT.md) with NumPy alone, for the programs beside this one."""

import base64
import json

import numpy as np


def read_model(path):
    """(config, tensors as float32 arrays, reference energies in eV by atomic number)."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    tensors = {}
    for name, tensor in document["tensors"].items():
        data = tensor["data"]
        if isinstance(data, str):
            values = np.frombuffer(base64.b64decode(data), dtype="<f4")
        else:
            values = np.asarray(data, dtype=np.float32)
        tensors[name] = values.reshape(tensor["shape"]).astype(np.float32)
    config = document["config"]
    expected = {"cutoff_applied_to": "filter", "vector_mixing": "none", "directional_message": "filter_times_source"}
    if any(config[key] != value for key, value in expected.items()):
        raise ValueError(f"{path}: only the shipped variant of the model is written here for other programs")
    energies = {int(z): value for z, value in document.get("reference_energies_eV", {}).items()}
    return config, tensors, energies


def pair_tables(n):
    """For n atoms: I < J of each unordered pair, the pair of each ordered one, [n][n] (0 on the diagonal), and the
    sign of i's direction in it."""
    first, second = np.triu_indices(n, 1)
    pair = np.zeros((n, n), dtype=np.int64)
    pair[first, second] = pair[second, first] = np.arange(len(first))
    sign = np.zeros((n, n), dtype=np.float32)
    sign[first, second] = 1.0
    sign[second, first] = -1.0
    return first, second, pair, sign
