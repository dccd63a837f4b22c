# SPDX-License-Identifier: MIT
"""Puts into a trained model what it was taught by and how good validation found it."""

import json
from pathlib import Path

KEY = '  "provenance": '  # the writer of weights/ puts it on one line


def _accuracy(name, found):
    forces, molecules = found["forces"], len(found["molecules"])
    return {"data": f"{name}: {found['frames']:,} frames of {molecules} molecule" + ("s" if molecules != 1 else ""),
            "force_r2": forces["force_r2"],
            "force_mae_eV_per_Angstrom": forces["force_mae_eV_per_Angstrom"],
            "energy_mae_without_offset_eV_per_atom": found["energy_mae_without_offset_eV_per_atom"]}


def with_figures(text, teacher, recipe, validations):
    """The text of a model file, with the figures of its validations ({name: `fusemd validate --json`}) inside."""
    lines = text.split("\n")
    at = next(k for k, line in enumerate(lines) if line.startswith(KEY))
    provenance = json.loads(lines[at][len(KEY):].rstrip(","))
    provenance.pop("curve", None)  # it lies beside the training
    provenance["teacher"] = teacher
    provenance["recipe"] = recipe
    provenance["accuracy"] += [_accuracy(name, found) for name, found in validations.items()]
    slopes = {molecule: run["slope_meV_per_atom_per_ps"] for found in validations.values()
              for molecule, run in found["nve"].items()}
    if slopes:
        provenance["nve_slope"] = {"unit": "meV/atom/ps", **slopes}
    lines[at] = KEY + json.dumps(provenance) + ","
    return "\n".join(lines)


def publish(model, path, teacher, recipe, validations):
    """Writes a copy of `model` to `path`."""
    scratch = Path(f"{path}.part")
    scratch.write_text(with_figures(model.read_text(encoding="utf-8"), teacher, recipe, validations), encoding="utf-8")
    scratch.replace(path)
