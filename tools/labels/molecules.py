# SPDX-License-Identifier: MIT
"""Molecules to label: from SMILES or XYZ to stereoisomers and conformers.

A table of molecules is text, one a line: NAME SMILES SET, `#` starts a comment. SMILES may be a file ending in .xyz.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem, rdDetermineBonds
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

RDLogger.DisableLog("rdApp.*")

WINDOW = 0.6  # eV: conformers further above the lowest one are not taken
ALIKE = 0.25  # Angstrom: conformers closer than this (root mean square, heavy atoms and polar H) are one


class MoleculeError(Exception):
    """A molecule that cannot be read or built; the text is for the user."""


@dataclass(frozen=True)
class Molecule:
    """One line of a table."""
    name: str
    source: str  # SMILES, or the path of an XYZ file
    set: str = ""


@dataclass(frozen=True)
class Conformer:
    """A geometry with its bonds.

    numbers [n], positions [n, 3] Angstrom, bonds [(i, j, single and not in a ring)].
    """
    name: str  # isomer and conformer, such as i0c2
    numbers: np.ndarray
    positions: np.ndarray
    bonds: tuple


def read_table(path, wanted=None):
    """Molecules of a table, of the sets `wanted` alone if it is given."""
    molecules, seen = [], set()
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):  # a triple bond is a # too
            continue
        if len(words) != 3:
            raise MoleculeError(f"{path}:{number}: {len(words)} words; expected: NAME SMILES SET")
        if words[0] in seen:
            raise MoleculeError(f"{path}:{number}: the name {words[0]} occurs twice")
        seen.add(words[0])
        source = words[1]
        if source.endswith(".xyz"):
            source = str(Path(path).parent / source)
        if wanted is None or words[2] in wanted:
            molecules.append(Molecule(words[0], source, words[2]))
    if not molecules:
        raise MoleculeError(f"{path}: no molecule of the sets {', '.join(wanted)}" if wanted
                            else f"{path}: no molecule")
    return molecules


def _check(molecule, mol):
    if Chem.GetFormalCharge(mol) != 0:
        raise MoleculeError(f"{molecule.name}: {molecule.source} is charged; models here know neutral molecules alone")
    if sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms()) != 0:
        raise MoleculeError(f"{molecule.name}: {molecule.source} has unpaired electrons; models here know closed "
                            "shells alone")
    if len(Chem.GetMolFrags(mol)) != 1:
        raise MoleculeError(f"{molecule.name}: {molecule.source} is more than one molecule; give each its own line")


def _bonds(mol):
    return tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(),
                  bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing()) for bond in mol.GetBonds())


def _conformer(name, mol, conformer):
    return Conformer(name, np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()]),
                     np.array(conformer.GetPositions()), _bonds(mol))


def _from_xyz(molecule):
    try:
        mol = Chem.MolFromXYZFile(molecule.source)
    except OSError as error:
        raise MoleculeError(f"{molecule.name}: {error}") from None
    if mol is None or mol.GetNumAtoms() == 0:
        raise MoleculeError(f"{molecule.name}: {molecule.source} is not an XYZ file")
    try:
        rdDetermineBonds.DetermineBonds(mol, charge=0)
    except ValueError:  # orders stay unknown: every bond counts as single
        mol = Chem.MolFromXYZFile(molecule.source)
        rdDetermineBonds.DetermineConnectivity(mol)
    Chem.FastFindRings(mol)
    _check(molecule, mol)
    return [_conformer("xyz", mol, mol.GetConformer())]


def _distance(mol, first, second, atoms):
    """Root mean square distance of two conformers of one molecule after superposition, without symmetry."""
    from rdkit.Chem import rdMolAlign
    return rdMolAlign.AlignMol(mol, mol, prbCid=second, refCid=first, atomMap=[(k, k) for k in atoms])


def _significant_atoms(mol):
    """Heavy atoms, and hydrogens that can form hydrogen bonds; all atoms if that is too few."""
    chosen = [atom.GetIdx() for atom in mol.GetAtoms()
              if atom.GetAtomicNum() > 1 or any(n.GetAtomicNum() in (7, 8) for n in atom.GetNeighbors())]
    return chosen if len(chosen) > 2 else list(range(mol.GetNumAtoms()))


def conformers(molecule, seed, most):
    """Conformers of every stereoisomer, at most `most` of each; the lowest of each isomer first, then the next ones.

    A stereocentre or double bond that the SMILES leaves open gives an isomer for each choice (at most 8).
    """
    if molecule.source.endswith(".xyz"):
        return _from_xyz(molecule)
    plain = Chem.MolFromSmiles(molecule.source)
    if plain is None:
        raise MoleculeError(f"{molecule.name}: {molecule.source!r} is not a SMILES that RDKit understands")
    _check(molecule, plain)
    options = StereoEnumerationOptions(onlyUnassigned=True, unique=True, maxIsomers=8)
    result = []
    for isomer, flat in enumerate(EnumerateStereoisomers(plain, options=options)):
        mol = Chem.AddHs(flat)
        found = list(AllChem.EmbedMultipleConfs(mol, numConfs=max(10, 8 * most), randomSeed=seed % 2**31))
        if not found:  # strained cages: start from random coordinates
            found = list(AllChem.EmbedMultipleConfs(mol, numConfs=max(4, most), randomSeed=seed % 2**31,
                                                    useRandomCoords=True))
        if not found:
            continue
        energies = {}
        if AllChem.MMFFHasAllMoleculeParams(mol):
            for index, (_, energy) in zip(found, AllChem.MMFFOptimizeMoleculeConfs(mol, maxIters=500)):
                energies[index] = energy / 23.0605
        order = sorted(found, key=lambda index: (energies.get(index, 0.0), index))
        atoms, kept = _significant_atoms(mol), []
        for index in order:
            if energies and energies[index] - energies[order[0]] > WINDOW or len(kept) == most:
                break
            if all(_distance(mol, other, index, atoms) > ALIKE for other in kept):
                kept.append(index)
        result += [(k, _conformer(f"i{isomer}c{k}", mol, mol.GetConformer(index))) for k, index in enumerate(kept)]
    if not result:
        raise MoleculeError(f"{molecule.name}: RDKit finds no geometry for {molecule.source}")
    # The lowest of every isomer first: where frames are few, no isomer goes without.
    return [conformer for _, conformer in sorted(result, key=lambda entry: entry[0])]
