#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_gradient.py WRITE_GRADIENT: the trainer's gradient of the loss against PyTorch's automatic differentiation of
energies, forces (first backward) and loss (second backward), both in double precision."""

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
except ImportError:
    print("SKIPPED: PyTorch is missing", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else 77)

# Both sides are double precision, 1e-16 a rounding, and add up to 1e4 terms of either sign in different orders:
# 3e-15 seen.
TOLERANCE = 1e-12


def energies(case, w, numbers, x, system, systems):
    """docs/model.md (1) to (14) with the switches that training knows; one energy a system."""
    silu = torch.nn.functional.silu
    hidden, cutoff = case["hidden"], case["cutoff"]
    with torch.no_grad():
        near = (x[:, None] - x[None]).norm(dim=-1) <= cutoff
        near &= (system[:, None] == system[None]) & ~torch.eye(len(x), dtype=torch.bool)
        source, target = near.nonzero().t()
    r = x[source] - x[target]
    d = r.norm(dim=-1)
    u = r / (d + 1e-8)[:, None]
    basis = torch.exp(-(d[:, None] - w["rbf.centers"]) ** 2 / w["rbf.widths"] ** 2)
    fc = 0.5 * (torch.cos(math.pi * d / cutoff) + 1)
    s = w["embedding.weight"][numbers]
    v = torch.zeros(len(x), 3, hidden)
    for layer in range(case["layers"]):
        def linear(name, y, layer=layer):
            p = f"interactions.{layer}.{name}."
            return y @ w[p + "weight"].t() + w[p + "bias"]

        f = linear("message.rbf_to_scalar.2", silu(linear("message.rbf_to_scalar.0", basis))) * fc[:, None]
        f_s, f_1, f_2 = f.split(hidden, 1)
        message = v[source] * f_1[:, None] + u[:, :, None] * (f_2 * s[source])[:, None]
        s = s + torch.zeros_like(s).index_add(0, target, s[source] * f_s)
        v = v + torch.zeros_like(v).index_add(0, target, message)
        norm = torch.sqrt((v * v).sum(1) + case["norm_epsilon"] ** 2)
        gates = linear("update.update_mlp.2", silu(linear("update.update_mlp.0", torch.cat([s, norm], 1))))
        alpha, beta, _ = gates.split(hidden, 1)
        s, v = s + alpha, v * beta[:, None]
    y = s
    for k in (0, 2, 4):
        y = y @ w[f"energy_head.{k}.weight"].t() + w[f"energy_head.{k}.bias"]
        y = silu(y) if k < 4 else y
    return torch.zeros(systems).index_add(0, system, y[:, 0])


def rho(loss, error, components, width):
    """host/train/loss.hpp; rows are errors."""
    square = (error * error).sum(-1)
    if loss == "norm":
        return torch.sqrt(square + 1e-8)
    if loss == "square":
        return square / components
    size = torch.sqrt(square)
    return torch.where(size > width, size - width / 2, square / (2 * width))


def loss_of(case, w):
    frames = case["frames"]
    numbers = torch.tensor([z for f in frames for z in f["numbers"]])
    x = torch.tensor([r for f in frames for r in f["positions"]], requires_grad=True)
    labels = torch.tensor([r for f in frames for r in f["forces"]])
    count = torch.tensor([len(f["numbers"]) for f in frames])
    system = torch.repeat_interleave(torch.arange(len(frames)), count)
    energy = energies(case, w, numbers, x, system, len(frames))
    forces = -torch.autograd.grad(energy.sum(), x, create_graph=True)[0]
    error = (energy - torch.tensor([f["energy"] for f in frames])) / count
    return (rho(case["loss"], forces - labels, 3, 0.05).mean()
            + case["energy_weight"] * rho(case["loss"], error[:, None], 1, 0.005).mean())


def check(case):
    w = {name: torch.tensor(t["values"]).reshape(t["shape"]) for name, t in case["tensors"].items()}
    for tensor in w.values():
        tensor.requires_grad_(True)
    loss = loss_of(case, w)
    loss.backward()
    worst, problems = 0.0, []
    relative = abs(loss.item() - case["value"]) / abs(case["value"])
    if not relative <= TOLERANCE:
        problems.append(f"loss {case['value']} against {loss.item()}")
    compared = 0
    for name, values in case["gradients"].items():
        if name.startswith("rbf."):  # fixed: no parameter
            continue
        expected = w[name].grad if w[name].grad is not None else torch.zeros_like(w[name])
        found = torch.tensor(values).reshape(expected.shape)
        size, difference = expected.norm().item(), (found - expected).norm().item()
        if size == 0.0:
            if not difference == 0.0:
                problems.append(f"{name}: a gradient of {difference} where PyTorch has none")
            continue
        compared += 1
        worst = max(worst, difference / size)
        if not difference <= TOLERANCE * size:
            problems.append(f"{name}: {difference / size:.2e} of its length away")
    if compared < 10:
        problems.append(f"only {compared} tensors with a gradient")
    print(f"{case['name']}: loss {relative:.1e}, gradient of {compared} tensors {worst:.1e} at most")
    return [f"{case['name']}: {problem}" for problem in problems]


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.json"
        subprocess.run([sys.argv[1], path], check=True)
        cases = json.loads(path.read_text())
    problems = [problem for case in cases for problem in check(case)]
    print("\n".join(problems), file=sys.stderr)
    sys.exit(1 if problems or not cases else 0)


main()
