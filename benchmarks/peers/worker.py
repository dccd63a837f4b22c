#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One program beside fusemd, as a process that run.py talks to: a JSON object a line.

    worker.py PEER MODEL.json MOLECULE.xyz THREADS

It says {"ready": ..., "version": ...}, then answers on standard output what it is asked on standard input:
"md SECONDS", "call SECONDS", "batch SECONDS" with {"count": ..., "seconds": ...} (null where the program cannot),
"forces" with energy and forces of a distorted molecule (null for another model), "memory" with its peak in bytes."""

import json
import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", sys.argv[4])
import numpy as np  # noqa: E402  (after the number of threads is set)
from worker_geometry import distorted, read_xyz  # noqa: E402

KB, ACCELERATION = 8.617333262e-5, 9.64853321e-3  # eV/K; Angstrom/fs^2 of 1 amu under 1 eV/Angstrom
MASSES = {1: 1.008, 6: 12.011, 7: 14.007, 8: 15.999}
TIMESTEP, BATCH = 0.5, 64


def geometry(positions, seed):
    return np.array(distorted(positions.tolist(), seed))


class Peer:
    """What every program can: one molecule's energy and forces; MD by a velocity Verlet loop in NumPy."""

    version = ""
    same_model = True

    def __init__(self, model, numbers, positions, threads):
        self.model, self.numbers, self.start, self.threads = model, numbers, positions, threads
        self.masses = np.array([MASSES[z] for z in numbers])
        self.prepare()

    def prepare(self):
        raise NotImplementedError

    def energy_forces(self, positions):
        raise NotImplementedError

    def energies_forces(self, positions):
        """Of [B][N][3]; None: it cannot."""
        return None

    def thermal(self):
        rng = np.random.default_rng(1)
        v = rng.standard_normal(self.start.shape) * np.sqrt(KB * 300.0 * ACCELERATION / self.masses)[:, None]
        return v - (self.masses[:, None] * v).sum(0) / self.masses.sum()

    def begin_md(self):
        self.x, self.v = self.start.copy(), self.thermal()
        self.f = np.asarray(self.energy_forces(self.x)[1], dtype=np.float64)

    def md(self, steps):
        kick = 0.5 * TIMESTEP * ACCELERATION / self.masses[:, None]
        x, v, f = self.x, self.v, self.f
        for _ in range(steps):
            v = v + kick * f
            x = x + TIMESTEP * v
            f = np.asarray(self.energy_forces(x)[1], dtype=np.float64)
            v = v + kick * f
        self.x, self.v, self.f = x, v, f
        if not np.isfinite(x).all():
            raise ArithmeticError("the run diverged")


class AsePeer(Peer):
    """Through an ASE calculator, with ASE's VelocityVerlet."""

    def calculator(self):
        raise NotImplementedError

    def prepare(self):
        import ase
        self.atoms = ase.Atoms(self.numbers, self.start)
        self.atoms.calc = self.calculator()
        self.version += f", ASE {ase.__version__}"

    def energy_forces(self, positions):
        self.atoms.positions = positions
        return self.atoms.get_potential_energy(), self.atoms.get_forces()

    def begin_md(self):
        import ase.units
        from ase.md.verlet import VelocityVerlet
        self.atoms.positions = self.start
        self.atoms.set_velocities(self.thermal() / ase.units.fs)
        self.dynamics = VelocityVerlet(self.atoms, TIMESTEP * ase.units.fs)

    def md(self, steps):
        self.dynamics.run(steps)
        if not np.isfinite(self.atoms.positions).all():
            raise ArithmeticError("the run diverged")


def torch_with(threads):
    import torch
    torch.set_num_threads(threads)
    return torch


class TorchAse(AsePeer):
    """The student as a PyTorch module, forces from autograd, through ASE: what the seed does."""

    def calculator(self):
        torch = torch_with(self.threads)
        from ase.calculators.calculator import Calculator, all_changes
        from student_torch import PlainStudent
        self.version = f"PyTorch {torch.__version__}"
        module = PlainStudent(self.model).float()
        numbers = torch.as_tensor(self.numbers, dtype=torch.long)

        class Student(Calculator):
            implemented_properties = ["energy", "forces"]

            def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
                super().calculate(atoms, properties, system_changes)
                x = torch.tensor(self.atoms.positions, dtype=torch.float32, requires_grad=True)
                energy = module(numbers, x)
                forces = -torch.autograd.grad(energy, x)[0]
                self.results = {"energy": float(energy.detach()), "forces": forces.numpy().astype(np.float64)}

        return Student()


class TorchFast(Peer):
    """The best form in PyTorch that we could write; subclasses choose how it is run."""

    def compiled(self, torch, module, example):
        return module

    def prepare(self):
        torch = self.torch = torch_with(self.threads)
        from student_torch import FastStudent
        self.version = f"PyTorch {torch.__version__}"
        torch.set_grad_enabled(False)
        module = FastStudent(self.model, self.numbers).eval()
        example = torch.tensor(self.start, dtype=torch.float32).unsqueeze(0)
        many = example.repeat(BATCH, 1, 1)
        self.one, self.many = self.compiled(torch, module, example), self.compiled(torch, module, many)
        for _ in range(5):
            self.one(example)
            self.many(many)

    def energy_forces(self, positions):
        energy, forces = self.one(self.torch.from_numpy(positions.astype(np.float32)[None]))
        return float(energy[0]), forces[0].numpy()

    def energies_forces(self, positions):
        energy, forces = self.many(self.torch.from_numpy(positions.astype(np.float32)))
        return energy.numpy(), forces.numpy()


class TorchTraced(TorchFast):
    def compiled(self, torch, module, example):
        return torch.jit.freeze(torch.jit.trace(module, example))


class TorchCompiled(TorchFast):
    def compiled(self, torch, module, example):
        return torch.compile(module, fullgraph=True, dynamic=False)


class OnnxRuntime(Peer):
    """ONNX Runtime on the graph that Debian's PyTorch exports of the fast form."""

    def prepare(self):
        import onnxruntime
        self.version = f"ONNX Runtime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        self.sessions = {
            size: onnxruntime.InferenceSession(f"{os.environ['FUSEMD_PEERS_ONNX']}.{size}.onnx", options,
                                               providers=["CPUExecutionProvider"]) for size in (1, BATCH)}

    def energy_forces(self, positions):
        energy, forces = self.sessions[1].run(None, {"x": positions.astype(np.float32)[None]})
        return float(energy[0]), forces[0]

    def energies_forces(self, positions):
        return self.sessions[BATCH].run(None, {"x": positions.astype(np.float32)})


class Jax(Peer):
    """Energy, gradient and the whole MD loop compiled by XLA."""

    def prepare(self):
        os.environ["JAX_PLATFORMS"] = "cpu"
        if self.threads == 1:
            os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        import jax
        import jax.numpy as jnp
        from student_jax import energy_function
        self.version = f"JAX {jax.__version__}"
        energy, self.offset = energy_function(self.model, self.numbers)
        gradient = jax.value_and_grad(energy)
        self.one = jax.jit(gradient)
        self.many = jax.jit(jax.vmap(gradient))
        kick = jnp.asarray(0.5 * TIMESTEP * ACCELERATION / self.masses[:, None], dtype=jnp.float32)

        def step(_, state):
            x, v, f = state
            v = v + kick * f
            x = x + TIMESTEP * v
            f = -gradient(x)[1]
            return x, v + kick * f, f

        self.loop = jax.jit(lambda state: jax.lax.fori_loop(0, 100, step, state))
        self.one(jnp.asarray(self.start, dtype=jnp.float32))
        self.many(jnp.asarray(np.repeat(self.start[None], BATCH, 0), dtype=jnp.float32))

    def energy_forces(self, positions):
        energy, gradient = self.one(positions.astype(np.float32))
        return float(energy) + self.offset, -np.asarray(gradient)

    def energies_forces(self, positions):
        energy, gradient = self.many(positions.astype(np.float32))
        return np.asarray(energy) + self.offset, -np.asarray(gradient)

    def begin_md(self):
        x = self.start.astype(np.float32)
        self.state = self.loop((x, self.thermal().astype(np.float32), self.energy_forces(x)[1].astype(np.float32)))

    def md(self, steps):
        for _ in range(-(-steps // 100)):
            self.state = self.loop(self.state)
        if not np.isfinite(np.asarray(self.state[0])).all():
            raise ArithmeticError("the run diverged")

    md_unit = 100


class Weak:
    """An ASE calculator times 1e-3: untrained networks have forces that no molecule survives; their cost is that of
    trained ones."""

    def __init__(self, calculator):
        self.calculator = calculator

    def __getattr__(self, name):
        return getattr(self.calculator, name)

    def get_forces(self, atoms=None):
        return 1e-3 * self.calculator.get_forces(atoms)


class SchNetPackPainn(AsePeer):
    """PaiNN of SchNetPack with as many channels, layers and basis functions, untrained, through its ASE interface."""

    same_model = False

    def calculator(self):
        torch = torch_with(self.threads)
        import tempfile

        import schnetpack as spk
        from model_file import read_model
        from schnetpack.interfaces import SpkCalculator
        from schnetpack.transform import ASENeighborList
        config = read_model(self.model)[0]
        self.version = f"SchNetPack {spk.__version__}, PyTorch {torch.__version__}"
        cutoff = config["cutoff"]
        representation = spk.representation.PaiNN(
            n_atom_basis=config["hidden_dim"], n_interactions=config["num_interactions"],
            radial_basis=spk.nn.GaussianRBF(n_rbf=config["num_rbf"], cutoff=cutoff),
            cutoff_fn=spk.nn.CosineCutoff(cutoff))
        network = spk.model.NeuralNetworkPotential(
            representation=representation, input_modules=[spk.atomistic.PairwiseDistances()],
            output_modules=[spk.atomistic.Atomwise(n_in=config["hidden_dim"], output_key="energy"),
                            spk.atomistic.Forces(energy_key="energy", force_key="forces")])
        with tempfile.NamedTemporaryFile(suffix=".model") as file:
            torch.save(network, file.name)
            options = {"neighbor_list": ASENeighborList(cutoff=cutoff), "energy_key": "energy", "force_key": "forces",
                       "energy_unit": "eV", "position_unit": "Ang", "device": "cpu"}
            try:
                return Weak(SpkCalculator(model=file.name, **options))
            except TypeError:
                return Weak(SpkCalculator(model_file=file.name, **options))


class TorchAni(AsePeer):
    """The architecture of ANI-2x, one network of its ensemble, untrained (its weights are not on PyPI)."""

    same_model = False

    def calculator(self):
        torch = torch_with(self.threads)
        import torchani
        self.version = f"TorchANI {torchani.__version__}, PyTorch {torch.__version__}"
        from torchani.arch import simple_ani
        model = simple_ani(("H", "C", "N", "O", "S", "F", "Cl"), lot="wb97x-631gd", ensemble_size=1)
        return Weak(model.float().ase())


class TensorNet(AsePeer):
    """TensorNet of TorchMD-NET with as many channels, layers and basis functions, untrained."""

    same_model = False

    def calculator(self):
        torch = torch_with(self.threads)
        import torchmdnet
        from ase.calculators.calculator import Calculator, all_changes
        from model_file import read_model
        from torchmdnet.models.model import create_model
        config = read_model(self.model)[0]
        self.version = f"TorchMD-NET {getattr(torchmdnet, '__version__', '')}, PyTorch {torch.__version__}"
        model = create_model({
            "model": "tensornet", "embedding_dimension": config["hidden_dim"],
            "num_layers": config["num_interactions"], "num_rbf": config["num_rbf"], "rbf_type": "expnorm",
            "trainable_rbf": False, "activation": "silu", "cutoff_lower": 0.0, "cutoff_upper": config["cutoff"],
            "max_z": 100, "max_num_neighbors": 64, "equivariance_invariance_group": "O(3)", "prior_model": None,
            "atom_filter": -1, "derivative": True, "output_model": "Scalar", "reduce_op": "sum",
            "precision": 32, "box_vecs": None, "check_errors": True, "static_shapes": False, "vector_cutoff": False})
        model.eval()
        z = torch.as_tensor(self.numbers, dtype=torch.long)

        class Student(Calculator):
            implemented_properties = ["energy", "forces"]

            def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
                super().calculate(atoms, properties, system_changes)
                energy, forces = model(z, torch.tensor(self.atoms.positions, dtype=torch.float32))
                self.results = {"energy": float(energy.detach()), "forces": forces.detach().numpy().astype(np.float64)}

        return Weak(Student())


class Gfn2(AsePeer):
    """GFN2-xTB, the method behind the shipped models' labels, by tblite."""

    same_model = False

    def calculator(self):
        import importlib.metadata

        from tblite.ase import TBLite
        self.version = f"tblite {importlib.metadata.version('tblite')}"
        return TBLite(method="GFN2-xTB", verbosity=0)


PEERS = {"torch-ase": TorchAse, "torch-eager": TorchFast, "torch-traced": TorchTraced, "torch-compile": TorchCompiled,
         "onnx": OnnxRuntime, "jax": Jax, "schnetpack": SchNetPackPainn, "torchani": TorchAni, "tensornet": TensorNet,
         "gfn2": Gfn2}


def export_onnx(model, molecule, stem):
    """The fast form as ONNX files for one geometry and for a batch; by Debian's PyTorch, whose exporter needs nothing
    else."""
    torch = torch_with(1)
    from student_torch import FastStudent
    numbers, positions = map(np.array, read_xyz(molecule))
    module = FastStudent(model, numbers).eval()
    for size in (1, BATCH):
        example = torch.tensor(positions, dtype=torch.float32).repeat(size, 1, 1)
        torch.onnx.export(module, (example,), f"{stem}.{size}.onnx", input_names=["x"],
                          output_names=["energy", "forces"], opset_version=16)


def timed(seconds, count, body):
    """Repeats body until the time is up."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds or done == 0:
        body(done)
        done += count
    return {"count": done, "seconds": time.perf_counter() - start}


def main():
    name, model, molecule, threads = sys.argv[1:5]
    if name == "export-onnx":
        export_onnx(model, molecule, os.environ["FUSEMD_PEERS_ONNX"])
        return
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not disturb the replies
    numbers, positions = map(np.array, read_xyz(molecule))
    peer = PEERS[name](model, numbers, positions, int(threads))
    geometries = [geometry(positions, seed) for seed in range(BATCH)]
    batch = np.stack(geometries)
    peer.begin_md()
    peer.md(1)
    print(json.dumps({"ready": True, "version": peer.version}), file=replies)
    for line in sys.stdin:
        what, *argument = line.split()
        seconds = float(argument[0]) if argument else 0.0
        if what == "md":
            peer.begin_md()
            unit = getattr(peer, "md_unit", 5)
            peer.md(unit)
            reply = timed(seconds, unit, lambda _: peer.md(unit))
        elif what == "call":
            reply = timed(seconds, 1, lambda k: peer.energy_forces(geometries[k % BATCH]))
        elif what == "batch":
            can = peer.energies_forces(batch) is not None
            reply = timed(seconds, BATCH, lambda _: peer.energies_forces(batch)) if can else None
        elif what == "forces":
            reply = None
            if peer.same_model:
                energy, forces = peer.energy_forces(geometry(positions, 0))
                reply = {"energy": float(energy), "forces": np.asarray(forces, dtype=np.float64).tolist()}
        elif what == "memory":
            reply = {"bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        else:
            break
        print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    main()
