# SPDX-License-Identifier: MIT
"""What one job does: geometries of one kind for one conformer, labelled by the teacher, into one file."""

import zlib
from dataclasses import dataclass

import numpy as np

import geometry
import teachers
from frames import Frame, read_geometries, rounded, write

TIMESTEP = 0.75  # fs
FRICTION = 0.02  # 1/fs
EQUILIBRATION = 300  # steps before the first frame
LARGEST_FORCE = 25.0  # eV/Angstrom: a frame above it is no molecule any more
OPTIMISED = 1e-3  # eV/Angstrom: largest force of a relaxed geometry
DISPLACEMENT = 0.005  # Angstrom, for second derivatives


@dataclass(frozen=True)
class Job:
    kind: str  # md, rattled, stretched, rotated, pair, points, frequencies
    name: str  # molecule/split/kind/conformer: value of the key `trajectory`
    path: str
    molecule: str
    teacher: str
    seed: int
    frames: int = 0
    every: int = 10  # md: steps between frames
    temperature: float = 0.0
    first: object = None  # Conformer
    second: object = None  # Conformer, of a pair
    source: str = ""  # points: the file, and the byte in it where the first frame begins
    offset: int = 0


class Labeller:
    """Labels geometries; remembers the atoms of the last one so that the teacher starts from its density."""

    def __init__(self, teacher):
        self.calculator, self.name = teachers.make(teacher)
        self.atoms = None

    def label(self, numbers, positions, keys):
        """A labelled frame, or None if the teacher fails or says that this is no molecule."""
        from ase import Atoms

        positions = rounded(positions)
        if self.atoms is None or not np.array_equal(self.atoms.numbers, numbers):
            self.atoms = Atoms(numbers, positions)
            self.atoms.calc = self.calculator
        self.atoms.positions = positions
        try:
            energy, forces = self.atoms.get_potential_energy(), self.atoms.get_forces()
        except Exception:  # self-consistency not reached; each calculator has its own type for it
            self.calculator.reset()
            return None
        if not (np.isfinite(energy) and np.all(np.linalg.norm(forces, axis=1) < LARGEST_FORCE)):
            return None
        return Frame(np.asarray(numbers), positions, float(energy), np.array(forces), {**keys, "teacher": self.name})


def generator(job):
    """Random numbers of a job: of the seed and its name, so that neither order nor processes matter."""
    return np.random.default_rng([job.seed, zlib.crc32(job.name.encode())])


def _dynamics(job, labeller, keys, rng):
    """The teacher's own Langevin dynamics."""
    from ase import Atoms, units
    from ase.md.langevin import Langevin
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary

    atoms = Atoms(job.first.numbers, job.first.positions)
    atoms.calc = labeller.calculator
    # Half of the kinetic energy goes into the potential.
    MaxwellBoltzmannDistribution(atoms, temperature_K=1.7 * job.temperature, rng=rng)
    Stationary(atoms)
    dynamics = Langevin(atoms, TIMESTEP * units.fs, temperature_K=job.temperature, friction=FRICTION / units.fs,
                        fixcm=False, rng=rng)
    dynamics.run(EQUILIBRATION)
    frames = []
    for _ in range(job.frames):
        dynamics.run(job.every)
        forces = atoms.get_forces()
        if not np.all(np.linalg.norm(forces, axis=1) < LARGEST_FORCE):
            break
        # Eight digits of positions are kept; the labels of the unrounded ones differ by less than 1e-5 eV/Angstrom.
        frames.append(Frame(atoms.numbers.copy(), rounded(atoms.positions), float(atoms.get_potential_energy()),
                            forces.copy(), {**keys, "teacher": labeller.name}))
    return frames


def _points(job, labeller, keys, rng):
    frames = []
    make = {"rattled": geometry.rattled, "stretched": geometry.stretched, "rotated": geometry.rotated}
    for _ in range(job.frames):
        if job.kind == "pair":
            numbers, positions = geometry.pair(job.first, job.second, rng)
        else:
            numbers, positions = job.first.numbers, make[job.kind](job.first, rng)
            if positions is None:
                break
        frames.append(labeller.label(numbers, positions, keys))
    return [frame for frame in frames if frame]


def _of_file(job, labeller):
    frames = []
    for numbers, positions, keys in read_geometries(job.source, job.offset, job.frames):
        keys.setdefault("trajectory", job.name)
        frames.append(labeller.label(numbers, positions, keys))
    return [frame for frame in frames if frame]


def _frequencies(job, labeller, keys):
    """The relaxed molecule with the teacher's harmonic frequencies (cm-1), without translations and rotations."""
    from ase import Atoms
    from ase.optimize import BFGS

    from vibrations import frequencies

    atoms = Atoms(job.first.numbers, job.first.positions)
    atoms.calc = labeller.calculator
    if not BFGS(atoms, logfile=None).run(fmax=OPTIMISED, steps=1000):
        raise RuntimeError("the teacher does not relax it within 1,000 steps")
    values = frequencies(atoms, DISPLACEMENT)
    keys = {**keys, "frequencies_cm1": " ".join(f"{value:.2f}" for value in values)}
    return [labeller.label(atoms.numbers, atoms.positions, keys)]


def work(job):
    """Does a job and writes its file. Result: the number of frames."""
    labeller, rng = Labeller(job.teacher), generator(job)
    keys = {"molecule": job.molecule, "trajectory": job.name}
    if job.temperature > 0:
        keys["temperature_K"] = job.temperature
    if job.kind == "md":
        frames = _dynamics(job, labeller, keys, rng)
    elif job.kind == "points":
        frames = _of_file(job, labeller)
    elif job.kind == "frequencies":
        frames = _frequencies(job, labeller, keys)
    else:
        frames = _points(job, labeller, keys, rng)
    write(job.path, frames)
    return len(frames)
