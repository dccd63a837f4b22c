#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""write_checkpoints.py WEIGHTS.json FOLDER: the same weights in every form that people save.

All but half_* hold exactly the tensors of WEIGHTS.json. half_float16.pt and half_bfloat16.pt hold rounded ones, and
half_*_wide.pt the same rounded numbers in float32."""

import argparse
import collections
import json
import struct
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from student_module import load_seed  # noqa: E402  (the path first)


def write_safetensors(path, tensors, metadata=None):
    """From the format's specification, apart from any library."""
    dtypes = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16"}
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        raw = tensor.contiguous().view(torch.uint8 if tensor.numel() else tensor.dtype).numpy().tobytes()
        header[name] = {"dtype": dtypes[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def with_prefix(state, prefix):
    return collections.OrderedDict((prefix + name, tensor) for name, tensor in state.items())


def strided(state):
    """Views that are not contiguous: matrices stored by columns, vectors as every third number of a longer one."""
    result = {}
    for name, tensor in state.items():
        if tensor.dim() == 2:
            result[name] = tensor.t().contiguous().t()
        else:
            longer = torch.full((3 * len(tensor) + 5,), float("nan"))
            longer[2:2 + 3 * len(tensor):3] = tensor
            result[name] = longer[2:2 + 3 * len(tensor):3]
    return result


def one_storage(state):
    flat = torch.cat([tensor.reshape(-1) for tensor in state.values()])
    result, at = {}, 0
    for name, tensor in state.items():
        result[name] = flat[at:at + tensor.numel()].reshape(tensor.shape)
        at += tensor.numel()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    module, state = load_seed(arguments.weights)

    torch.save(state, folder / "state_dict.pt")
    torch.save(dict(state), folder / "protocol4.pt", pickle_protocol=4)
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"model_state_dict": state, "epoch": 7, "loss": 0.25, "config": {"cutoff": 5.0, "lr": 1e-3}},
               folder / "model_state_dict.pt")
    torch.save({"state_dict": with_prefix(state, "model."), "hyper_parameters": {}}, folder / "lightning.ckpt")
    torch.save(with_prefix(state, "module."), folder / "data_parallel.pt")
    torch.save({"model": with_prefix(state, "module.model."), "device": torch.device("cpu"),
                "dtype": torch.float32, "size": torch.Size([1, 2])}, folder / "nested.pt")
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    module(torch.tensor([8, 1, 1]), torch.tensor([[0.0, 0, 0], [0, 0.8, 0.6], [0, -0.8, 0.5]]),
           torch.tensor([[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]])).backward()
    before = {name: tensor.clone() for name, tensor in state.items()}
    optimizer.step()
    torch.save({"state_dict": before, "optimizer": optimizer.state_dict()}, folder / "with_optimizer.pt")
    state = before
    torch.save(collections.OrderedDict((k, torch.nn.Parameter(v)) for k, v in state.items()), folder / "parameters.pt")
    torch.save(strided(state), folder / "strided.pt")
    torch.save(one_storage(state), folder / "one_storage.pt")
    torch.save({k: v.double() for k, v in state.items()}, folder / "float64.pt")
    torch.save({k: v for k, v in state.items() if not k.startswith("rbf.")} | {"cutoff": 5.0}, folder / "no_basis.pt")
    write_safetensors(folder / "plain.safetensors", state)
    write_safetensors(folder / "float64.safetensors", {k: v.double() for k, v in state.items()})
    write_safetensors(folder / "prefixed.safetensors", with_prefix(state, "model."), {"cutoff": "5.0"})
    for name, dtype in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        rounded = {k: v.to(dtype) for k, v in state.items()}
        torch.save(rounded, folder / f"half_{name}.pt")
        torch.save({k: v.float() for k, v in rounded.items()}, folder / f"half_{name}_wide.pt")


if __name__ == "__main__":
    main()
