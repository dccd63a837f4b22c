#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a student that lives in PyTorch for fusemd-import: its tensors as NAME.safetensors, and structures with the
energies and forces that PyTorch computes for them in double precision as NAME.xyz. Needs PyTorch and nothing else.

    from export_from_pytorch import export, read_xyz
    export(model, "trained", read_xyz("molecules.xyz"))

    fusemd-import trained.safetensors -o model.json --reference trained.xyz

Five to fifty structures will do. Take them from the data, not the symmetric textbook geometries: where a molecule has
exact symmetry, forces of a model without `norm_epsilon` are decided by rounding.
"""

import copy
import json
import struct

import torch

SYMBOLS = ("X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y "
           "Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re "
           "Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg "
           "Cn Nh Fl Mc Lv Ts Og").split()
DTYPES = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64"}


def read_xyz(path):
    """(atomic numbers, positions in Angstrom) of each frame of an XYZ file."""
    frames = []
    with open(path, encoding="utf-8") as file:
        while (head := file.readline()).strip():
            file.readline()
            atoms = [file.readline().split() for _ in range(int(head))]
            frames.append(([SYMBOLS.index(a[0]) for a in atoms], [[float(x) for x in a[1:4]] for a in atoms]))
    return frames


def write_safetensors(path, state_dict, metadata):
    """The floating-point tensors of a state_dict, as they are (github.com/huggingface/safetensors)."""
    header, data = {"__metadata__": metadata}, []
    at = 0
    for name, tensor in state_dict.items():
        if tensor.dtype not in DTYPES:
            continue
        raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def call_model(model, numbers, positions):
    """The energy in eV of one structure. Give export() another function if your model is called otherwise."""
    return model(numbers, positions)


def export(model, name, structures, energy=call_model, **metadata):
    """Writes NAME.safetensors and NAME.xyz.

    model       the trained module; it is not changed
    structures  (atomic numbers, positions in Angstrom) each, or ASE's Atoms
    energy      function (model, numbers [n], positions [n, 3]) -> energy in eV, differentiable in the positions
    metadata    hyper-parameters that no tensor shows, for example cutoff=5.0, cutoff_applied_to="filter"
    """
    write_safetensors(f"{name}.safetensors", model.state_dict(), {k: str(v) for k, v in metadata.items()})
    # The tensors keep their bits in double, so what differs from fusemd is not rounding.
    double = copy.deepcopy(model).double().cpu().eval()
    with open(f"{name}.xyz", "w", encoding="utf-8") as file:
        for structure in structures:
            numbers, places = structure if isinstance(structure, tuple) else (structure.numbers, structure.positions)
            positions = torch.tensor(places, dtype=torch.float64, requires_grad=True)
            value = energy(double, torch.tensor([int(z) for z in numbers]), positions).sum()
            forces = -torch.autograd.grad(value, positions)[0]
            file.write(f"{len(numbers)}\nProperties=species:S:1:pos:R:3:forces:R:3 energy={value.item()!r} pbc=\"F F F\"\n")
            for z, x, f in zip(numbers, positions.tolist(), forces.tolist()):
                file.write(" ".join([SYMBOLS[int(z)], *(repr(number) for number in x + f)]) + "\n")
