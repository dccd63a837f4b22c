# SPDX-License-Identifier: MIT
"""The student model of docs/model.md in JAX, for one molecule: energy by (1) to (14), forces by automatic
differentiation. All pairs of atoms; the cutoff function hides those beyond the cutoff."""

import jax
import jax.numpy as jnp
import numpy as np
from model_file import pair_tables, read_model


def energy_function(path, numbers):
    """positions [N][3] -> energy in eV, without the reference energies; and their sum."""
    config, tensors, energies = read_model(path)
    hidden, layers, cutoff = config["hidden_dim"], config["num_interactions"], config["cutoff"]
    first, second, pair, sign = pair_tables(len(numbers))
    apart = jnp.abs(jnp.asarray(sign))[..., None]
    start = jnp.asarray(tensors["embedding.weight"][np.asarray(numbers)])
    t = {name: jnp.asarray(values) for name, values in tensors.items()}

    def linear(name, x):
        return x @ t[name + ".weight"].T + t[name + ".bias"]

    def energy(x):
        r = x[second] - x[first]
        d = jnp.sqrt((r * r).sum(-1, keepdims=True))
        direction = (r / (d + 1e-8))[pair] * jnp.asarray(sign)[..., None]
        basis = jnp.exp(-(((d - t["rbf.centers"]) / t["rbf.widths"]) ** 2))
        cut = jnp.where(d < cutoff, 0.5 * (jnp.cos(jnp.pi * d / cutoff) + 1.0), 0.0)
        s, v = start, None
        for layer in range(layers):
            name = f"interactions.{layer}."
            h = jax.nn.silu(linear(name + "message.rbf_to_scalar.0", basis))
            f = (linear(name + "message.rbf_to_scalar.2", h) * cut)[pair] * apart
            f_s, f_1, f_2 = jnp.split(f, 3, axis=-1)
            message = jnp.einsum("ija,ijc->iac", direction, f_2 * s[None])
            s = s + (f_s * s[None]).sum(1)
            v = message if v is None else v + message + jnp.einsum("ijc,jac->iac", f_1, v)
            norm = jnp.sqrt((v * v).sum(1) + config["norm_epsilon"] ** 2)
            gates = linear(name + "update.update_mlp.2",
                           jax.nn.silu(linear(name + "update.update_mlp.0", jnp.concatenate([s, norm], -1))))
            s = s + gates[:, :hidden]
            v = v * gates[:, None, hidden:2 * hidden]
        atom = jax.nn.silu(linear("energy_head.2", jax.nn.silu(linear("energy_head.0", s))))
        return linear("energy_head.4", atom).sum()

    return energy, float(sum(energies.get(int(z), 0.0) for z in numbers))
