# SPDX-License-Identifier: MIT
"""What a recipe has reached, as Markdown: a row for each round, model and validation."""

import json


def _figure(value, digits):
    return "not a number" if value is None else f"{value:.{digits}f}"


def markdown(out, recipe, figures):
    lines = ["| round | model | frames of | force MAE, eV/Å | R² | energy, meV/atom | limits |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for number, models in enumerate(figures, 1):
        for model, validations in models.items():
            for name, found in validations.items():
                forces = found["forces"]
                energy = found["energy_mae_without_offset_eV_per_atom"]
                lines.append(f"| {number} | {model} | {name} ({found['frames']:,}) | "
                             f"{_figure(forces['force_mae_eV_per_Angstrom'], 4)} | {_figure(forces['force_r2'], 5)} | "
                             f"{_figure(None if energy is None else 1e3 * energy, 2)} | "
                             f"{'kept' if found['passed'] else 'missed'} |")
    lines.append("")
    for path in sorted(out.rglob("*.done")):
        spent = json.loads(path.read_text(encoding="utf-8"))["seconds"]
        lines.append(f"- {path.relative_to(out).with_suffix('').as_posix()}: {spent:.1f} s")
    return "\n".join([f"# {recipe['name']}", "", *lines]) + "\n"


def write_report(out, recipe, figures, reached):
    text = markdown(out, recipe, figures)
    if recipe["targets"]:
        text += f"\nTargets: {'reached' if reached else 'not reached yet'}.\n"
    text += "\nEach validation has its own page in validation/, each training its curve in models/*.train/curve.svg.\n"
    (out / "report.md").write_text(text, encoding="utf-8")
