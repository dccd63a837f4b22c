#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""write_onnx.py WEIGHTS.json FOLDER [MODEL.onnx]: the same weights as ONNX, in the forms that exporters give them; with
a third argument, variants of that file too. "exact_" files have every number of WEIGHTS.json; in "folded_" files the
widths of the radial basis have to be worked out."""

import argparse
import hashlib
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent))
import protobuf_edit as edit  # noqa: E402  (the path first)
from student_module import load_seed  # noqa: E402


class ByMatrices(nn.Module):
    """A linear layer written out: exported as MatMul and Add, with its matrix transposed and renamed."""

    def __init__(self, linear):
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, x):
        return torch.matmul(x, self.weight.t()) + self.bias


def by_matrices(module):
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, ByMatrices(child))
        else:
            by_matrices(child)
    return module


class MixByMatrix(nn.Module):
    """An update whose mixing is MatMul(M, V) instead of Einsum."""

    def __init__(self, update):
        super().__init__()
        self.mixing_matrix, self.update_mlp = update.mixing_matrix, update.update_mlp

    def forward(self, s, v):
        mixed = torch.matmul(self.mixing_matrix, v)
        alpha, beta, delta = self.update_mlp(torch.cat([s, v.norm(dim=1)], dim=-1)).chunk(3, dim=-1)
        return s + alpha, v * beta.unsqueeze(1) + mixed * delta.unsqueeze(1)


class MixTransposed(MixByMatrix):
    """An update whose mixing is V^T M^T, transposed back."""

    def forward(self, s, v):
        mixed = torch.matmul(v.transpose(1, 2), self.mixing_matrix.t()).transpose(1, 2)
        alpha, beta, delta = self.update_mlp(torch.cat([s, v.norm(dim=1)], dim=-1)).chunk(3, dim=-1)
        return s + alpha, v * beta.unsqueeze(1) + mixed * delta.unsqueeze(1)


def with_mixing(module, kind):
    for layer in module.interactions:
        layer.update = kind(layer.update)
    return module


class BasisByExponent(nn.Module):
    """A radial basis whose exponents were computed beforehand, as optimisers of graphs do: the widths are gone."""

    def __init__(self, basis):
        super().__init__()
        self.centers, self.gamma = basis.centers, 1.0 / (basis.widths * basis.widths)

    def forward(self, distance):
        difference = self.centers - distance.unsqueeze(-1)
        return torch.exp(-self.gamma * (difference * difference))


def with_exponents(module):
    module.rbf = BasisByExponent(module.rbf)
    return module


class Wrapped(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.model = module

    def forward(self, *inputs):
        return self.model(*inputs)


def export(module, path, fold, opset=14, dynamic=True):
    numbers = torch.tensor([6, 1, 1, 8, 1])
    torch.manual_seed(3)
    positions = torch.randn(5, 3)
    pairs = (~torch.eye(5, dtype=torch.bool)).nonzero().t()
    axes = {"atomic_numbers": {0: "n"}, "positions": {0: "n"}, "pairs": {1: "e"}} if dynamic else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (numbers, positions, pairs), str(path), opset_version=opset,
                          do_constant_folding=fold, dynamic_axes=axes,
                          input_names=["atomic_numbers", "positions", "pairs"], output_names=["energy"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path, nargs="?")
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    def module():
        return load_seed(arguments.weights)[0].eval()

    export(module(), folder / "exact_plain.onnx", fold=False)
    export(module(), folder / "exact_baked.onnx", fold=False, dynamic=False)
    export(module(), folder / "exact_opset12.onnx", fold=False, opset=12)
    export(Wrapped(module()), folder / "exact_wrapped.onnx", fold=False)
    export(by_matrices(module()), folder / "exact_matrices.onnx", fold=False)
    export(with_mixing(module(), MixByMatrix), folder / "exact_mixing.onnx", fold=False)
    export(with_mixing(module(), MixTransposed), folder / "exact_mixing_transposed.onnx", fold=False)
    export(module(), folder / "exact_folded.onnx", fold=True)
    export(by_matrices(Wrapped(module())), folder / "exact_folded_matrices.onnx", fold=True, dynamic=False)
    export(with_exponents(module()), folder / "folded_basis.onnx", fold=True)
    export(by_matrices(with_mixing(with_exponents(module()), MixTransposed)), folder / "folded_all.onnx", fold=True,
           opset=15)

    if arguments.model:
        model = arguments.model.read_bytes()

        def write(name, data):
            (folder / f"exact_{name}.onnx").write_bytes(data)

        (folder / "by_name.onnx").write_bytes(edit.rename_operation(
            edit.rename_initializers(model, lambda name: "model." + name), b"Exp", b"Exponential"))
        write("seed_prefixed", edit.rename_initializers(model, lambda name: "model." + name))
        write("seed_renamed", edit.rename_initializers(
            model, lambda name: "onnx::MatMul_" + hashlib.sha256(name.encode()).hexdigest()[:8]))
        write("seed_constants", edit.initializers_as_constants(model))
        write("seed_floats", edit.raw_as_floats(model))
        write("seed_reversed", edit.reversed_nodes(edit.rename_initializers(model, lambda name: "w" + name[::-1])))


if __name__ == "__main__":
    main()
