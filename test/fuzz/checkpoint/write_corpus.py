#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""write_corpus.py: writes the inputs beside this file that the fuzzers of checkpoint readers start from: one minute
student in every format."""

import base64
import json
import sys
from pathlib import Path

import numpy
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "weights" / "import"))
from student_module import Student, load_seed  # noqa: E402  (the path first)
from write_checkpoints import write_safetensors  # noqa: E402
from write_onnx import by_matrices, export, with_exponents  # noqa: E402

CONFIG = {"hidden_dim": 4, "num_interactions": 1, "num_rbf": 2, "max_z": 8, "cutoff": 5.0}


def main():
    torch.manual_seed(1)
    state = Student(**CONFIG).state_dict()
    for reader in ("torch_archive", "torch_legacy", "safetensors", "onnx", "seed_json"):
        (HERE / reader).mkdir(exist_ok=True)
    torch.save({"state_dict": state, "config": CONFIG}, HERE / "torch_archive" / "student.pt")
    numpy.savez(HERE / "torch_archive" / "student.npz", **{k: v.numpy() for k, v in state.items()})
    numpy.savez_compressed(HERE / "torch_archive" / "packed.npz", **{k: v.numpy() for k, v in state.items()})
    torch.save({"state_dict": state, "config": CONFIG}, HERE / "torch_legacy" / "student.pth",
               _use_new_zipfile_serialization=False)
    torch.save({k: v.double().t().contiguous().t() if v.dim() == 2 else v for k, v in state.items()},
               HERE / "torch_legacy" / "strided.pth", _use_new_zipfile_serialization=False)
    write_safetensors(HERE / "safetensors" / "student.safetensors", state, {"cutoff": "5.0"})
    write_safetensors(HERE / "safetensors" / "half.safetensors", {k: v.half() for k, v in state.items()})
    seed = HERE / "seed_json" / "student.json"
    seed.write_text(json.dumps({
        "format": "mlff-student-weights-v1", "config": CONFIG, "missing": [],
        "tensors": {name: {"shape": list(tensor.shape), "dtype": "float32", "encoding": "base64-le",
                           "data": base64.b64encode(tensor.numpy().tobytes()).decode()}
                    for name, tensor in state.items()}}), encoding="utf-8")
    export(load_seed(seed)[0], HERE / "onnx" / "student.onnx", fold=False)
    export(by_matrices(with_exponents(load_seed(seed)[0])), HERE / "onnx" / "folded.onnx", fold=True)


if __name__ == "__main__":
    main()
