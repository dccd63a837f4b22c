#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the model of docs/model.md with PyTorch, by the recipe of docs/training.md with `--optimizer adam`: the same
loss, batches in shuffled passes, warm-up, cosine, clipping, running average, distribution of starting weights. For
comparison with `fusemd train`: learning curves at equal numbers of frames, and steps a second of processor time.

    torch_trainer.py --data TRAIN.xyz --valid VALID.xyz --size ultra_tiny --frames 8000 --seed 1
    torch_trainer.py --data TRAIN.xyz --size tiny --batch 8 --steps 20        # speed alone

Prints one JSON object a line: validations, then frames a second of processor time (steps alone)."""

import argparse
import base64
import json
import math
import time

import ase.io
import numpy as np
import torch

SIZES = {"original": (128, 3, 20), "tiny": (64, 2, 12), "ultra_tiny": (32, 2, 10)}
CUTOFF, NORM_EPSILON, SMOOTHING = 5.0, 0.01, 1e-8


class Frame:
    def __init__(self, atoms, energies):
        self.numbers, self.positions = atoms.numbers, atoms.positions
        self.forces, self.total = atoms.get_forces(), atoms.get_potential_energy()
        self.energy = self.total - energies[self.numbers].sum()
        first, second = np.triu_indices(len(atoms), 1)
        near = np.linalg.norm(self.positions[second] - self.positions[first], axis=1) <= CUTOFF
        self.pairs = np.stack([first[near], second[near]])


class Batch:
    def __init__(self, frames):
        start = np.cumsum([0] + [len(f.numbers) for f in frames])
        self.size = len(frames)
        self.count = torch.tensor(np.diff(start))
        self.frame = torch.repeat_interleave(torch.arange(self.size), self.count)
        self.numbers = torch.tensor(np.concatenate([f.numbers for f in frames]), dtype=torch.long)
        self.x = torch.tensor(np.concatenate([f.positions for f in frames]), dtype=torch.float32, requires_grad=True)
        self.pairs = torch.tensor(np.concatenate([f.pairs + s for f, s in zip(frames, start)], axis=1))
        self.energy = torch.tensor([f.energy for f in frames], dtype=torch.float32)
        self.forces = torch.tensor(np.concatenate([f.forces for f in frames]), dtype=torch.float32)


class Network(torch.nn.Module):
    """Only what the energy depends on is computed; a pair's filters serve both its directions."""

    def __init__(self, size):
        super().__init__()
        self.hidden, self.layers, n_rbf = SIZES[size]
        h, linear = self.hidden, torch.nn.Linear
        self.embedding = torch.nn.Embedding(101, h)
        self.register_buffer("centers", torch.linspace(0, CUTOFF, n_rbf))
        self.gamma = (n_rbf / CUTOFF) ** 2
        self.filters = torch.nn.ModuleList(
            [torch.nn.Sequential(linear(n_rbf, h), torch.nn.SiLU(), linear(h, 3 * h)) for _ in range(self.layers)])
        self.updates = torch.nn.ModuleList(
            [torch.nn.Sequential(linear(2 * h, h), torch.nn.SiLU(), linear(h, 3 * h)) for _ in range(self.layers)])
        self.head = torch.nn.Sequential(linear(h, h // 2), torch.nn.SiLU(), linear(h // 2, h // 4), torch.nn.SiLU(),
                                        linear(h // 4, 1))
        for module in self.modules():
            if isinstance(module, linear):
                torch.nn.init.xavier_uniform_(module.weight)
                torch.nn.init.zeros_(module.bias)

    def energies(self, batch):
        first, second = batch.pairs
        r = batch.x[second] - batch.x[first]
        d = r.norm(dim=-1)
        u = r / (d + 1e-8)[:, None]
        basis = torch.exp(-self.gamma * (d[:, None] - self.centers) ** 2)
        fc = 0.5 * (torch.cos(math.pi * d / CUTOFF) + 1)
        source, target = torch.cat([second, first]), torch.cat([first, second])
        direction = torch.cat([u, -u])[:, :, None]
        s, v = self.embedding(batch.numbers), None
        for filters, update in zip(self.filters, self.updates):
            f = filters(basis) * fc[:, None]
            f_s, f_1, f_2 = torch.cat([f, f]).split(self.hidden, 1)
            message = direction * (f_2 * s[source])[:, None]
            if v is not None:
                message = message + v[source] * f_1[:, None]
            summed = torch.zeros(len(s), 3, self.hidden).index_add(0, target, message)
            s = s + torch.zeros_like(s).index_add(0, target, s[source] * f_s)
            v = summed if v is None else v + summed
            norm = torch.sqrt((v * v).sum(1) + NORM_EPSILON ** 2)
            alpha, beta, _ = update(torch.cat([s, norm], 1)).split(self.hidden, 1)
            s, v = s + alpha, v * beta[:, None]
        return torch.zeros(batch.size).index_add(0, batch.frame, self.head(s)[:, 0])


def load(network, path):
    """Weights of a model file (weights/FORMAT.md)."""
    with open(path) as file:
        tensors = json.load(file)["tensors"]

    def copy(name, parameter):
        values = np.frombuffer(base64.b64decode(tensors[name]["data"]), "<f4").copy()
        parameter.data = torch.from_numpy(values).reshape(parameter.shape)

    copy("embedding.weight", network.embedding.weight)
    parts = [(f"energy_head.{k}", network.head[k]) for k in (0, 2, 4)]
    for layer in range(network.layers):
        for k in (0, 2):
            parts.append((f"interactions.{layer}.message.rbf_to_scalar.{k}", network.filters[layer][k]))
            parts.append((f"interactions.{layer}.update.update_mlp.{k}", network.updates[layer][k]))
    for name, linear in parts:
        copy(name + ".weight", linear.weight)
        copy(name + ".bias", linear.bias)


def errors(network, batch, create_graph):
    energy = network.energies(batch)
    forces = -torch.autograd.grad(energy.sum(), batch.x, create_graph=create_graph)[0]
    return forces - batch.forces, (energy - batch.energy) / batch.count


def validate(network, frames, energy_weight):
    force = energy = components = 0.0
    for k in range(0, len(frames), 32):
        batch = Batch(frames[k:k + 32])
        e, x = errors(network, batch, False)
        force += e.abs().sum().item()
        energy += x.abs().sum().item()
        components += e.numel()
    force, energy = force / components, energy / len(frames)
    return {"force_mae": force, "energy_mae": energy, "score": force + energy_weight * energy}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--valid")
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--frames", type=int, default=0)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--energy-weight", type=float, default=0.5)
    parser.add_argument("--validations", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", help="model file with the starting weights")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)

    structures = ase.io.read(options.data, ":")
    elements = sorted({z for a in structures for z in a.numbers})
    counts = np.array([[np.count_nonzero(a.numbers == z) / len(a) for z in elements] for a in structures])
    per_atom = np.array([a.get_potential_energy() / len(a) for a in structures])
    energies = np.zeros(101)
    energies[elements] = np.linalg.lstsq(counts, per_atom, rcond=None)[0]
    train = [Frame(a, energies) for a in structures]
    valid = [Frame(a, energies) for a in ase.io.read(options.valid, ":")] if options.valid else []

    network, average = Network(options.size), Network(options.size)
    if options.init:
        load(network, options.init)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate)
    total = options.steps or max(1, -(-options.frames // options.batch))
    order, seconds = [], 0.0
    for step in range(total):
        begin = time.process_time()
        done = step / total
        warm = min(1.0, (step + 1) / min(200, total // 5 + 1))
        rate = options.learning_rate * warm * (0.5 * (1 + math.cos(math.pi * done)) * 0.995 + 0.005)
        for group in optimizer.param_groups:
            group["lr"] = rate
        while len(order) < options.batch:
            order += random.permutation(len(train)).tolist()
        batch = Batch([train[k] for k in order[:options.batch]])
        order = order[options.batch:]
        e, x = errors(network, batch, True)
        loss = (torch.sqrt((e * e).sum(-1) + SMOOTHING).mean()
                + options.energy_weight * torch.sqrt(x * x + SMOOTHING).mean())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        keep = min(0.999, (step + 1) / (step + 51))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), network.parameters()):
                mean.mul_(keep).add_(now, alpha=1 - keep)
        if step >= 3:  # the first ones allocate
            seconds += time.process_time() - begin
        if valid and (step + 1) % max(1, total // options.validations) == 0:
            row = validate(average, valid, options.energy_weight)
            print(json.dumps({"frames": (step + 1) * options.batch, **row}), flush=True)
    if total > 3:
        rate = (total - 3) * options.batch / seconds
        print(json.dumps({"size": options.size, "batch": options.batch, "frames_per_processor_second": rate}))


main()
