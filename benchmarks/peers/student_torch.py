# SPDX-License-Identifier: MIT
"""The student model of docs/model.md in PyTorch, twice: as a plain module whose forces come from autograd, and in the
fastest form that we could write. Equation numbers are those of docs/model.md."""

import math

import numpy as np
import torch
from model_file import pair_tables, read_model
from torch.nn import functional as F

EPSILON = 1e-8


class PlainStudent(torch.nn.Module):
    """Edges from a distance matrix, gathered features, sums by index_add: how such a model is usually written."""

    def __init__(self, path):
        super().__init__()
        self.config, tensors, energies = read_model(path)
        for name, values in tensors.items():
            self.register_buffer(name.replace(".", "_"), torch.from_numpy(values.copy()))
        table = torch.zeros(self.config["max_z"] + 1, dtype=torch.float64)
        for z, value in energies.items():
            table[z] = value
        self.register_buffer("reference", table)

    def _linear(self, name, x):
        name = name.replace(".", "_")
        return F.linear(x, getattr(self, name + "_weight"), getattr(self, name + "_bias"))

    def forward(self, numbers, positions):
        cutoff, hidden = self.config["cutoff"], self.config["hidden_dim"]
        distances = torch.cdist(positions, positions)
        near = (distances <= cutoff) & ~torch.eye(len(numbers), dtype=torch.bool)
        source, destination = torch.nonzero(near, as_tuple=True)
        r = positions[source] - positions[destination]
        d = torch.norm(r, dim=1)
        u = r / (d + EPSILON).unsqueeze(1)
        basis = torch.exp(-(((d.unsqueeze(1) - self.rbf_centers) / self.rbf_widths) ** 2))
        cut = torch.where(d < cutoff, 0.5 * (torch.cos(math.pi * d / cutoff) + 1.0), torch.zeros_like(d))
        s = self.embedding_weight[numbers]
        v = torch.zeros(len(numbers), 3, hidden, dtype=s.dtype)
        for layer in range(self.config["num_interactions"]):
            name = f"interactions.{layer}."
            h = F.silu(self._linear(name + "message.rbf_to_scalar.0", basis))
            f = self._linear(name + "message.rbf_to_scalar.2", h) * cut.unsqueeze(1)
            f_s, f_1, f_2 = torch.split(f, hidden, dim=1)
            s_j = s[source]
            message = v[source] * f_1.unsqueeze(1) + u.unsqueeze(2) * (f_2 * s_j).unsqueeze(1)
            s = s.index_add(0, destination, s_j * f_s)
            v = v.index_add(0, destination, message)
            norm = torch.sqrt((v * v).sum(1) + self.config["norm_epsilon"] ** 2)
            gates = self._linear(name + "update.update_mlp.2",
                                 F.silu(self._linear(name + "update.update_mlp.0", torch.cat([s, norm], 1))))
            alpha, beta, _ = torch.split(gates, hidden, dim=1)
            s = s + alpha
            v = v * beta.unsqueeze(1)
        atom = F.silu(self._linear("energy_head.2", F.silu(self._linear("energy_head.0", s))))
        return self._linear("energy_head.4", atom).sum() + self.reference[numbers].sum()


class FastStudent(torch.nn.Module):
    """Copies of one molecule, [B][N][3] -> energies [B] and forces [B][N][3], the backward pass written by hand.

    Each filter is computed once an unordered pair; sums over neighbours are dense products over all N x N pairs, which
    for a molecule is faster than gathering; nothing depends on the data, so that it can be traced, compiled and
    exported. No gradient is recorded."""

    def __init__(self, path, numbers):
        super().__init__()
        config, tensors, energies = read_model(path)
        self.hidden, self.layers = config["hidden_dim"], config["num_interactions"]
        self.cutoff, self.epsilon2 = float(config["cutoff"]), float(config["norm_epsilon"]) ** 2
        first, second, pair, sign = pair_tables(len(numbers))
        self.n = len(numbers)
        keep = self.register_buffer
        keep("first", torch.from_numpy(first))
        keep("second", torch.from_numpy(second))
        keep("pair", torch.from_numpy(pair.reshape(-1)))
        keep("sign", torch.from_numpy(sign).unsqueeze(-1))
        keep("upper", torch.from_numpy(first * self.n + second))
        keep("lower", torch.from_numpy(second * self.n + first))
        keep("apart", torch.from_numpy(np.abs(sign)).unsqueeze(-1))
        keep("start", torch.from_numpy(tensors["embedding.weight"][np.asarray(numbers)].copy()))
        keep("centers", torch.from_numpy(tensors["rbf.centers"].copy()))
        keep("gammas", torch.from_numpy((1.0 / tensors["rbf.widths"].astype(np.float64) ** 2).astype(np.float32)))
        self.offset = float(sum(energies.get(int(z), 0.0) for z in numbers))
        h = self.hidden
        for layer in range(self.layers):
            name = f"interactions.{layer}."
            parts = {"W1": tensors[name + "message.rbf_to_scalar.0.weight"],
                     "c1": tensors[name + "message.rbf_to_scalar.0.bias"],
                     "W2": tensors[name + "message.rbf_to_scalar.2.weight"],
                     "c2": tensors[name + "message.rbf_to_scalar.2.bias"],
                     "U1": tensors[name + "update.update_mlp.0.weight"],
                     "e1": tensors[name + "update.update_mlp.0.bias"],
                     # The delta rows are dead; in the last layer beta's, too.
                     "U2": tensors[name + "update.update_mlp.2.weight"][: (2 if layer + 1 < self.layers else 1) * h],
                     "e2": tensors[name + "update.update_mlp.2.bias"][: (2 if layer + 1 < self.layers else 1) * h]}
            if layer == 0:  # V = 0, so f^1 is dead
                parts["W2"] = np.concatenate([parts["W2"][:h], parts["W2"][2 * h:]])
                parts["c2"] = np.concatenate([parts["c2"][:h], parts["c2"][2 * h:]])
            for key, values in parts.items():
                keep(f"{key}_{layer}", torch.from_numpy(np.ascontiguousarray(values)))
        for k in (0, 2, 4):
            keep(f"A{k}", torch.from_numpy(tensors[f"energy_head.{k}.weight"].copy()))
            keep(f"a{k}", torch.from_numpy(tensors[f"energy_head.{k}.bias"].copy()))

    def forward(self, x):
        b, n, h = x.shape[0], self.n, self.hidden

        def slope(t):
            g = torch.sigmoid(t)
            return g * (1.0 + t * (1.0 - g))

        def both(pairs, width):  # of unordered pairs, to [B][N][N][width], zero on the diagonal
            return pairs.index_select(1, self.pair).view(b, n, n, width) * self.apart

        r = x.index_select(1, self.second) - x.index_select(1, self.first)  # I receives from J
        d = torch.sqrt((r * r).sum(-1, keepdim=True))
        inverse = 1.0 / (d + EPSILON)
        u = r * inverse
        offset = d - self.centers
        basis = torch.exp(-self.gammas * offset * offset)
        inside = (d < self.cutoff).to(x.dtype)
        angle = math.pi / self.cutoff * d
        cut = 0.5 * (torch.cos(angle) + 1.0) * inside
        direction = u.index_select(1, self.pair).view(b, n, n, 3) * self.sign
        across = direction.transpose(2, 3)
        s = self.start.expand(b, n, h)
        v = torch.zeros(b, n, 3, h, dtype=x.dtype)
        kept = []
        for layer in range(self.layers):
            w1, c1, w2, c2, u1, e1, u2, e2 = [getattr(self, f"{key}_{layer}")
                                              for key in ("W1", "c1", "W2", "c2", "U1", "e1", "U2", "e2")]
            hidden = F.linear(basis, w1, c1)
            uncut = F.linear(F.silu(hidden), w2, c2)
            f = both(uncut * cut, uncut.shape[-1])
            f_s, f_2 = f[..., :h], f[..., -h:]
            s_in, v_in = s, v
            s = s_in + (s_in.unsqueeze(1) * f_s).sum(2)
            along = f_2 * s_in.unsqueeze(1)
            v = torch.matmul(across, along)
            if layer > 0:
                f_1 = f[..., h:2 * h]
                v = v + v_in + (v_in.unsqueeze(1) * f_1.unsqueeze(3)).sum(2)
            norm = torch.sqrt((v * v).sum(2) + self.epsilon2)
            q = F.linear(torch.cat([s, norm], -1), u1, e1)
            gates = F.linear(F.silu(q), u2, e2)
            kept.append((s_in, v_in, hidden, uncut, f, along, v, norm, q, gates))
            s = s + gates[..., :h]
            if layer + 1 < self.layers:
                v = v * gates[..., h:].unsqueeze(2)
        z1 = F.linear(s, self.A0, self.a0)
        z2 = F.linear(F.silu(z1), self.A2, self.a2)
        energy = F.linear(F.silu(z2), self.A4, self.a4).sum((1, 2)) + self.offset

        s_ = torch.matmul(torch.matmul(self.A4 * slope(z2), self.A2) * slope(z1), self.A0)  # (B1)
        v_ = v
        basis_, cut_, u_ = torch.zeros_like(basis), torch.zeros_like(cut), torch.zeros_like(direction)
        for layer in range(self.layers - 1, -1, -1):
            w1, w2, u1, u2 = [getattr(self, f"{key}_{layer}") for key in ("W1", "W2", "U1", "U2")]
            s_in, v_in, hidden, uncut, f, along, v, norm, q, gates = kept[layer]
            last = layer + 1 == self.layers
            gates_ = s_ if last else torch.cat([s_, (v_ * v).sum(2)], -1)  # (B2)
            in_ = torch.matmul(torch.matmul(gates_, u2) * slope(q), u1)  # (B3)
            s_ = s_ + in_[..., :h]
            through_norm = (in_[..., h:] / norm).unsqueeze(2) * v
            v_ = through_norm if last else through_norm + v_ * gates[..., h:].unsqueeze(2)  # (B5)
            f_s, f_2 = f[..., :h], f[..., -h:]
            p = torch.matmul(direction, v_)  # [B][N][N][H], of receiver i and source j
            u_ = u_ + torch.matmul(along, v_.transpose(2, 3))  # (B7')
            filters_ = [s_.unsqueeze(2) * s_in.unsqueeze(1), p * s_in.unsqueeze(1)]  # (B6), (B6')
            if layer > 0:
                filters_.insert(1, (v_.unsqueeze(2) * v_in.unsqueeze(1)).sum(3))
            f_ = torch.cat(filters_, -1).view(b, n * n, -1)
            f_ = f_.index_select(1, self.upper) + f_.index_select(1, self.lower)
            cut_ = cut_ + (f_ * uncut).sum(-1, keepdim=True)
            basis_ = basis_ + torch.matmul(torch.matmul(f_ * cut, w2) * slope(hidden), w1)  # (B10)
            if layer > 0:
                s_ = s_ + (s_.unsqueeze(2) * f_s + p * f_2).sum(1)  # (B8')
                v_ = v_ + (v_.unsqueeze(2) * f[..., h:2 * h].unsqueeze(3)).sum(1)  # (B9)
        slope_of_cut = -0.5 * math.pi / self.cutoff * torch.sin(angle) * inside
        d_ = (basis_ * basis * (-2.0 * self.gammas) * offset).sum(-1, keepdim=True) + cut_ * slope_of_cut
        u_ = u_.view(b, n * n, 3)
        u_ = u_.index_select(1, self.upper) - u_.index_select(1, self.lower)
        r_ = u_ * inverse + r / d * (d_ - (u_ * r).sum(-1, keepdim=True) * inverse * inverse)  # (B12)
        forces = (r_.index_select(1, self.pair).view(b, n, n, 3) * self.sign).sum(2)  # (B13)
        return energy, forces
