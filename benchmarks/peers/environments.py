# SPDX-License-Identifier: MIT
"""Python environments of the programs beside fusemd: each from PyPI in a folder of its own, or Debian's packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# PyTorch of Debian 12 is 1.13; the packages that it, NumPy and ASE need are counted by dpkg.
DEBIAN = ("python3-torch", "python3-numpy", "python3-ase")
PYPI = {
    "torch": ("torch", "numpy", "ase"),
    "onnx": ("onnxruntime", "numpy"),
    "jax": ("jax", "numpy"),
    "schnetpack": ("schnetpack",),
    "torchani": ("torchani", "ase"),
    "torchmd-net": ("torchmd-net", "ase"),
    "tblite": ("tblite", "ase", "numpy"),
}


class Missing(Exception):
    """An environment that cannot be had, and why."""


def folder_bytes(folder):
    """Space on disk; a file with several links inside counts once."""
    seen, total = set(), 0
    for path in Path(folder).rglob("*"):
        status = path.lstat()
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            total += 512 * status.st_blocks
    return total


def debian():
    """(interpreter, installed bytes) of Debian's own packages."""
    python = "/usr/bin/python3"
    probe = subprocess.run([python, "-c", "import torch, numpy, ase"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Missing("Debian's " + ", ".join(DEBIAN) + " are not installed (apt-get install)")
    listing = subprocess.run(["apt-cache", "depends", "--recurse", "--installed", "--no-recommends", "--no-suggests",
                              "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *DEBIAN],
                             capture_output=True, text=True, check=False).stdout
    packages = sorted({line.strip() for line in listing.splitlines() if line and line[0].isalnum()})
    sizes = subprocess.run(["dpkg-query", "--show", "--showformat=${Installed-Size}\n", *packages], capture_output=True,
                           text=True, check=False).stdout
    return python, 1024 * sum(int(size) for size in sizes.split())


def pypi(name, root):
    """(interpreter, installed bytes) of an environment under root, made if it is not there."""
    folder = Path(root) / name
    python = folder / "bin" / "python"
    log = Path(root) / f"{name}.log"
    uv = shutil.which("uv") or (Path(root) / "tool/bin/uv" if (Path(root) / "tool/bin/uv").exists() else None)
    done = folder / "complete"
    if not done.exists():
        print(f"installing {name}: {' '.join(PYPI[name])}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if uv:
            commands = [[str(uv), "venv", "--quiet", "--python", "/usr/bin/python3", str(folder)],
                        [str(uv), "pip", "install", "--quiet", "--python", str(python), *PYPI[name]]]
        else:
            commands = [["/usr/bin/python3", "-m", "venv", str(folder)],
                        [str(python), "-m", "pip", "install", "--quiet", *PYPI[name]]]
        environment = dict(os.environ, UV_CACHE_DIR=str(Path(root) / "cache"))
        with open(log, "w", encoding="utf-8") as output:
            for command in commands:
                if subprocess.run(command, stdout=output, stderr=output, env=environment, check=False).returncode != 0:
                    last = log.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["no word why"]
                    raise Missing(f"cannot be installed from PyPI: {last[0][:200]}")
        done.touch()
    return str(python), folder_bytes(folder)


def find(name, root):
    """(interpreter, installed bytes), or Missing."""
    return debian() if name == "debian" else pypi(name, root)
