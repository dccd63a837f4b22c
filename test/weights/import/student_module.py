# SPDX-License-Identifier: MIT
"""The seed's network as a PyTorch module, written from docs/model.md with its tensor names: what a user's own training
code would have. Tests save, export and evaluate it."""

import base64
import json
import math

import torch
from torch import nn


class RadialBasis(nn.Module):
    def __init__(self, num_rbf, cutoff):
        super().__init__()
        self.register_buffer("centers", torch.linspace(0, cutoff, num_rbf))
        self.register_buffer("widths", torch.ones(num_rbf) * (cutoff / num_rbf))

    def forward(self, distance):
        return torch.exp(-(1.0 / self.widths**2) * (distance.unsqueeze(-1) - self.centers) ** 2)


def sum_by_destination(like, dst, values):
    """Row i is the sum of the values whose dst is i."""
    index = dst.reshape([-1] + [1] * (values.dim() - 1)).expand_as(values)
    return torch.zeros_like(like).scatter_add(0, index, values)


class Message(nn.Module):
    def __init__(self, hidden, num_rbf):
        super().__init__()
        self.rbf_to_scalar = nn.Sequential(nn.Linear(num_rbf, hidden), nn.SiLU(), nn.Linear(hidden, 3 * hidden))

    def forward(self, s, v, src, dst, basis, direction):
        f_s, f_1, f_2 = self.rbf_to_scalar(basis).chunk(3, dim=-1)
        s = s + sum_by_destination(s, dst, s[src] * f_s)
        vectors = v[src] * f_1.unsqueeze(1) + direction.unsqueeze(-1) * f_2.unsqueeze(1)
        return s, v + sum_by_destination(v, dst, vectors)


class Update(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.mixing_matrix = nn.Parameter(torch.eye(3) + 0.01 * torch.randn(3, 3))
        self.update_mlp = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.SiLU(), nn.Linear(hidden, 3 * hidden))

    def forward(self, s, v):
        mixed = torch.einsum("ij,njk->nik", self.mixing_matrix, v)
        alpha, beta, delta = self.update_mlp(torch.cat([s, v.norm(dim=1)], dim=-1)).chunk(3, dim=-1)
        return s + alpha, v * beta.unsqueeze(1) + mixed * delta.unsqueeze(1)


class Interaction(nn.Module):
    def __init__(self, hidden, num_rbf):
        super().__init__()
        self.message = Message(hidden, num_rbf)
        self.update = Update(hidden)


class Student(nn.Module):
    """forward(atomic_numbers [n], positions [n, 3], pairs [2, E]: sources, destinations) -> energy in eV."""

    def __init__(self, hidden_dim, num_interactions, num_rbf, max_z, cutoff):
        super().__init__()
        self.cutoff = cutoff
        self.embedding = nn.Embedding(max_z + 1, hidden_dim)
        nn.init.uniform_(self.embedding.weight, -math.sqrt(3), math.sqrt(3))
        self.rbf = RadialBasis(num_rbf, cutoff)
        self.interactions = nn.ModuleList(Interaction(hidden_dim, num_rbf) for _ in range(num_interactions))
        self.energy_head = nn.Sequential(
            nn.Linear(hidden_dim, hidden_dim // 2), nn.SiLU(),
            nn.Linear(hidden_dim // 2, hidden_dim // 4), nn.SiLU(),
            nn.Linear(hidden_dim // 4, 1))

    def pairs(self, positions):
        distance = (positions[None] - positions[:, None]).norm(dim=-1)
        return (distance <= self.cutoff).logical_and(~torch.eye(len(positions), dtype=torch.bool)).nonzero().t()

    def forward(self, atomic_numbers, positions, pairs):
        src, dst = pairs[0], pairs[1]
        r = positions[src] - positions[dst]
        d = r.norm(dim=-1)
        direction = r / (d + 1e-8).unsqueeze(-1)
        cut = 0.5 * (torch.cos(math.pi * d / self.cutoff) + 1.0) * (d < self.cutoff)
        basis = self.rbf(d) * cut.unsqueeze(-1)
        s = self.embedding(atomic_numbers)
        v = s.unsqueeze(1).repeat(1, 3, 1) * 0.0
        for layer in self.interactions:
            s, v = layer.message(s, v, src, dst, basis, direction)
            s, v = layer.update(s, v)
        return self.energy_head(s).sum()


def load_seed(path):
    """(module, state_dict) of a file in the layout mlff-student-weights-v1."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    config = {k: data["config"][k] for k in ("hidden_dim", "num_interactions", "num_rbf", "max_z", "cutoff")}
    module = Student(**config)
    state = {name: torch.frombuffer(bytearray(base64.b64decode(entry["data"])), dtype=torch.float32)
                   .reshape(entry["shape"]) for name, entry in data["tensors"].items()}
    module.load_state_dict(state)
    return module, module.state_dict()
