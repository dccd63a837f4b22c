#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures other programs and fusemd in turns, on the same molecule, and with the same weights where they can take them.

    benchmarks/peers/run.py --bench build/release/bin/fusemd-bench --output peers.json [--environments FOLDER]

Makes an environment for each program (some GB and minutes the first time; --environments keeps them) and lists the
programs that cannot be had with the reason. Then, for each model and number of threads, starts them all, and in every
round asks one after the other for MD, single calls and batches; figures are medians over the rounds. A program waits
for its turn without running."""

import argparse
import datetime
import json
import math
import os
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path

import environments

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

# name in the report -> (worker, environment, what it is)
PEERS = {
    "PyTorch 1.13 + ASE": ("torch-ase", "debian", "the model as a PyTorch module, forces by autograd, through ASE: the "
                                                  "seed's way; Debian's PyTorch"),
    "PyTorch + ASE": ("torch-ase", "torch", "the same with a current PyTorch from PyPI"),
    "PyTorch 1.13, best form": ("torch-traced", "debian", "dense over all pairs, backward pass by hand, traced and "
                                                          "frozen, velocity Verlet in NumPy, malloc keeps its memory"),
    "PyTorch, best form, eager": ("torch-eager", "torch", "the same form without tracing, current PyTorch"),
    "PyTorch, best form, traced": ("torch-traced", "torch", "the same form traced and frozen, current PyTorch"),
    "PyTorch, best form, compiled": ("torch-compile", "torch", "the same form through torch.compile"),
    "ONNX Runtime": ("onnx", "onnx", "the same form, exported by PyTorch 1.13 (opset 16)"),
    "JAX": ("jax", "jax", "energy, gradient and the MD loop (100 steps a call) compiled by XLA"),
    "SchNetPack PaiNN + ASE": ("schnetpack", "schnetpack", "PaiNN with as many channels, layers and basis functions, "
                                                           "untrained, forces scaled down"),
    "TorchMD-NET TensorNet + ASE": ("tensornet", "torchmd-net", "TensorNet likewise"),
    "TorchANI + ASE": ("torchani", "torchani", "one network of the architecture of ANI-2x, untrained (its weights are "
                                               "not on PyPI)"),
    "GFN2-xTB, tblite + ASE": ("gfn2", "tblite", "the quantum-chemical method that labelled the training data"),
}
OURS = "fusemd"
PATIENCE = 900  # seconds, for an answer; torch.compile takes minutes to start
# What a user can set: glibc then keeps freed memory instead of returning it each call, and torch.compile folds weights.
TUNED = {"MALLOC_TRIM_THRESHOLD_": "1073741824", "MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TOP_PAD_": "67108864",
          "TORCHINDUCTOR_COMPILE_THREADS": "1", "TORCHINDUCTOR_FREEZING": "1", "CUDA_VISIBLE_DEVICES": ""}


class Failed(Exception):
    """A program that does not start or does not answer."""


class Worker:
    """A process that answers (worker.py has the protocol)."""

    def __init__(self, command, environment, log):
        start = time.perf_counter()
        self.log = log
        with open(log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=errors, text=True)
        try:
            self.version = self._read()["version"]
        except Failed:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - start

    def _read(self):
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise Failed(f"no answer within {PATIENCE} s")
        line = self.process.stdout.readline()
        if not line:
            words = [text for text in Path(self.log).read_text(encoding="utf-8").strip().splitlines() if text.strip()]
            raise Failed(words[-1][:300] if words else "it ended without a word")
        return json.loads(line)

    def ask(self, question):
        try:
            self.process.stdin.write(question + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # reading tells why
        return self._read()

    def stop(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass  # it has ended, and what was written last was never read
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def geometries_file(numbers, positions, path):
    """The 64 distorted geometries of worker.py for fusemd."""
    from worker_geometry import distorted
    symbols = {1: "H", 6: "C", 7: "N", 8: "O"}
    with open(path, "w", encoding="utf-8") as file:
        for seed in range(64):
            file.write(f"{len(numbers)}\ngeometry {seed}\n")
            for z, (x, y, w) in zip(numbers, distorted(positions, seed)):
                file.write(f"{symbols[z]} {x:.10f} {y:.10f} {w:.10f}\n")


def processor():
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    value = {key.strip(): item.split(":", 1)[1].strip() for key, item in fields.items() if ":" in item}
    return (f"{value.get('model name', 'unknown')}, family {value.get('cpu family')} model {value.get('model')}, "
            f"{len(os.sched_getaffinity(0))} processors")


def commands(options, model, threads, found, scratch):
    """(name, command, environment) of every program to start."""
    molecule, geometries = scratch / "molecule.xyz", scratch / "geometries.xyz"
    weights = ROOT / "weights" / f"{model}.json"
    base = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads),
                MKL_NUM_THREADS=str(threads), FUSEMD_PEERS_ONNX=str(scratch / model))
    yield OURS, [options.bench, "worker", "--model", str(weights), "--input", str(molecule), "--geometries",
                 str(geometries), "--threads", str(threads)], base
    for name, (worker, environment, _) in PEERS.items():
        if environment in found and (not options.only or any(part in name for part in options.only)):
            extra = TUNED if worker.startswith("torch-") and worker != "torch-ase" else {}
            yield name, [found[environment][0], "-B", str(HERE / "worker.py"), worker, str(weights), str(molecule),
                         str(threads)], dict(base, **extra)


def difference(reply, reference):
    """Largest deviation of a force component, eV/Angstrom; None: another model."""
    if reply is None:
        return None
    return max(abs(a - b) for row, other in zip(reply["forces"], reference["forces"]) for a, b in zip(row, other))


def measure(options, model, threads, found, scratch, missing):
    """Rows of the report for one model and number of threads."""
    workers, rates = {}, {}
    for name, command, environment in commands(options, model, threads, found, scratch):
        try:
            workers[name] = Worker(command, environment, scratch / "worker.log")
        except Failed as problem:
            print(f"  {name}: {problem}", file=sys.stderr)
            missing[name] = f"does not start: {problem}"
    try:
        reference = workers[OURS].ask("forces")
        errors = {name: difference(worker.ask("forces"), reference) for name, worker in workers.items()}
        for round_number in range(options.rounds):
            for name in list(workers):
                for what in ("md", "call", "batch"):
                    try:
                        reply = workers[name].ask(f"{what} {options.seconds}")
                    except Failed as problem:
                        missing[name] = f"stopped while measured: {problem}"
                        workers.pop(name).stop()
                        break
                    if reply:
                        rates.setdefault((name, what), []).append(reply["count"] / reply["seconds"])
            print(f"  round {round_number + 1} of {options.rounds}", file=sys.stderr)
        rows = []
        for name, worker in workers.items():
            md = rates[name, "md"]
            quartiles = statistics.quantiles(md, n=4) if len(md) > 1 else [md[0]] * 3
            row = {"model": model, "peer": name, "threads": threads, "ours": name == OURS, "version": worker.version,
                   "steps_per_second": statistics.median(md),
                   "spread": 0.5 * (quartiles[2] - quartiles[0]) / statistics.median(md),
                   "microseconds_a_call": 1e6 / statistics.median(rates[name, "call"]),
                   "batch_per_second": statistics.median(rates[name, "batch"]) if (name, "batch") in rates else 0.0,
                   "memory_bytes": worker.ask("memory")["bytes"], "start_seconds": worker.start_seconds,
                   "force_error": errors[name],
                   "install_bytes": options.bytes if name == OURS else found[PEERS[name][1]][1]}
            rows.append(row)
        return rows
    finally:
        for worker in workers.values():
            worker.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default=str(ROOT / "build/release/bin/fusemd-bench"), help="fusemd's benchmark program")
    parser.add_argument("--output", required=True, help="JSON file to write")
    parser.add_argument("--environments", default=str(ROOT / "build/peers"), help="folder that keeps the environments")
    parser.add_argument("--models", nargs="+", default=["original", "tiny", "ultra_tiny"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.7, help="of each measurement")
    parser.add_argument("--only", nargs="+", help="only programs with one of these words in their name")
    return parser.parse_args()


def main():
    options = arguments()
    from worker_geometry import read_xyz
    root = Path(options.environments).resolve()
    scratch = root / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    program = Path(options.bench).resolve()
    options.bench = str(program)
    # What a user installs: the program and the models.
    options.bytes = (program.parent / "fusemd").stat().st_size + sum(
        path.stat().st_size for path in (ROOT / "weights").glob("*.json"))
    found, missing = {}, {}
    for name, (_, environment, _) in PEERS.items():
        if environment in found or (options.only and not any(part in name for part in options.only)):
            continue
        try:
            found[environment] = environments.find(environment, root)
        except environments.Missing as problem:
            missing.update({peer: str(problem) for peer, (_, other, _) in PEERS.items() if other == environment})

    example = ROOT / "examples/benzene.xyz"
    lines = example.read_text(encoding="utf-8").splitlines()
    (scratch / "molecule.xyz").write_text("\n".join([lines[0], "benzene", *lines[2:]]) + "\n", encoding="utf-8")
    geometries_file(*read_xyz(scratch / "molecule.xyz"), scratch / "geometries.xyz")
    if "onnx" in found:
        for model in options.models:
            export = subprocess.run(["/usr/bin/python3", "-B", str(HERE / "worker.py"), "export-onnx",
                                     str(ROOT / "weights" / f"{model}.json"), str(scratch / "molecule.xyz"), "1"],
                                    env=dict(os.environ, FUSEMD_PEERS_ONNX=str(scratch / model)), capture_output=True,
                                    text=True, check=False)
            if export.returncode != 0:
                missing["ONNX Runtime"] = "Debian's PyTorch, which exports the graph, failed or is missing"
                found.pop("onnx", None)
                break

    rows = []
    for model in options.models:
        for threads in options.threads:
            print(f"{model}, {threads} thread{'s' if threads > 1 else ''}", file=sys.stderr)
            rows += measure(options, model, threads, found, scratch, missing)
    versions = {row["peer"]: row["version"] for row in rows}
    descriptions = {name: f"{versions[name]}: {PEERS[name][2]}" if name in PEERS else
                    f"{versions[name]}: its own MD loop, a small molecule on one thread as in fusemd run; a batch is 64 replicas of MD, integration included"
                    for name in versions}
    commit = subprocess.run([options.bench, "--version"], capture_output=True, text=True, check=False).stdout
    document = {"format": "fusemd-bench-peers", "version": 1, "machine": processor(),
                "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "commit": commit.strip().rpartition("(")[2].rstrip(")"),
                "command": "benchmarks/peers/run.py " + f"--rounds {options.rounds} --seconds {options.seconds}",
                "rows": rows, "descriptions": descriptions,
                "missing": {name: why for name, why in missing.items() if name not in versions}}
    text = json.dumps(document, indent=1, allow_nan=False)
    Path(options.output).write_text(text + "\n", encoding="utf-8")
    for row in rows:
        error = row["force_error"]
        print(f"{row['model']:11} {row['threads']} {row['peer']:30} {row['steps_per_second']:10.1f} steps/s  "
              f"{row['microseconds_a_call']:9.1f} us/call  {row['batch_per_second']:10.1f} batch/s  "
              f"{'other model' if error is None or math.isnan(error) else format(error, '.1e')}")
    for name, why in document["missing"].items():
        print(f"{name}: not measured: {why}")


if __name__ == "__main__":
    main()
