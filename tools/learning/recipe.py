# SPDX-License-Identifier: MIT
"""Recipes: what to label, train, validate and sample. docs/training.md describes every key."""

import difflib
import json
from pathlib import Path


class RecipeError(Exception):
    """Something that the user wrote is wrong; the text is for the user."""


# Keys of each part with their types; a tuple: (type, default).
LABELS = {"molecules": (str, None), "smiles": (str, None), "name": (str, None), "sets": (list, None),
          "temperatures": (list, None), "md": (int, None), "every": (int, None), "rattled": (int, None),
          "stretched": (int, None), "rotated": (int, None), "pairs": (int, None), "pair_atoms": (int, None),
          "conformers": (int, None), "split": (str, None), "seed": (int, None), "kind": (str, "molecules")}
SAMPLING = {"model": (str, None), "starts": (list, ["starts"]), "temperatures": (list, [300.0, 500.0, 800.0]),
            "replicas": (int, 64), "steps": (int, 4000), "frame_every": (int, 200), "keep": (int, 2000),
            "least_deviation": (float, 0.0), "most_deviation": (float, 3.0), "seed": (int, 0)}
MODEL = {"name": (str, None), "size": (str, "tiny"), "init": (str, None), "members": (int, 1), "time": (str, None),
         "frames": (int, None), "options": (dict, {})}
VALIDATION = {"reference": (str, None), "relaxed": (str, None), "options": (dict, {})}
TARGET = {"model": (str, None), "validation": (str, None), "force_mae": (float, None), "force_r2": (float, None)}
TOP = {"name": (str, None), "teacher": (str, "teachers:gfn2_xtb"), "seed": (int, 0), "time": (str, None),
       "rounds": (int, 1), "labels": (dict, None), "train": (list, None), "first_sampling": (dict, None),
       "sampling": (dict, None), "models": (list, None), "validations": (dict, None), "targets": (list, [])}


def _checked(part, keys, where, required=()):
    if not isinstance(part, dict):
        raise RecipeError(f"{where}: expected an object")
    result = {key: default for key, (_, default) in keys.items()}
    for key, value in part.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            raise RecipeError(f"{where}: no such key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        kind = keys[key][0]
        fits = isinstance(value, kind) and not isinstance(value, bool) or kind is float and isinstance(value, int)
        if not fits:
            raise RecipeError(f"{where}.{key}: expected {kind.__name__}, found {json.dumps(value)}")
        result[key] = value
    for key in required:
        if result[key] is None:
            raise RecipeError(f"{where}: the key {key!r} is missing")
    return result


def seconds(text):
    """\"90s\", \"30m\", \"2h\" in seconds; None stays None."""
    if text is None:
        return None
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        value = float(text[:-1]) * units[text[-1]]
    except (ValueError, KeyError, IndexError):
        value = -1.0
    if not value > 0:
        raise RecipeError(f"{text!r} is no time; expected for example 90s, 30m or 2h")
    return value


def checked(raw, where):
    """The recipe with every default filled in, or RecipeError naming the key."""
    recipe = _checked(raw, TOP, where, ("name", "labels", "train", "models", "validations"))
    seconds(recipe["time"])
    for name, part in recipe["labels"].items():
        recipe["labels"][name] = _checked(part, LABELS, f"{where}: labels.{name}")
    for key in ("first_sampling", "sampling"):
        if recipe[key] is not None:
            recipe[key] = _checked(recipe[key], SAMPLING, f"{where}: {key}")
            for name in recipe[key]["starts"]:
                if name not in recipe["labels"]:
                    raise RecipeError(f"{where}: {key}.starts: labels has no {name!r}")
    recipe["models"] = [_checked(part, MODEL, f"{where}: models[{k}]", ("name",))
                        for k, part in enumerate(recipe["models"])]
    for part in recipe["models"]:
        if (part["time"] is None) == (part["frames"] is None):
            raise RecipeError(f"{where}: model {part['name']}: give either time or frames")
        seconds(part["time"])
    for name, part in recipe["validations"].items():
        part = recipe["validations"][name] = _checked(part, VALIDATION, f"{where}: validations.{name}", ("reference",))
        for key in ("reference", "relaxed"):
            if part[key] is not None and part[key] not in recipe["labels"]:
                raise RecipeError(f"{where}: validations.{name}.{key}: labels has no {part[key]!r}")
    for name in recipe["train"]:
        if name not in recipe["labels"]:
            raise RecipeError(f"{where}: train: labels has no {name!r}")
    models = [part["name"] for part in recipe["models"]]
    if len(set(models)) != len(models):
        raise RecipeError(f"{where}: models: a name occurs twice")
    recipe["targets"] = [_checked(part, TARGET, f"{where}: targets[{k}]", ("model", "validation"))
                         for k, part in enumerate(recipe["targets"])]
    for part in recipe["targets"]:
        if part["model"] not in models or part["validation"] not in recipe["validations"]:
            raise RecipeError(f"{where}: targets: no model {part['model']!r} or no validation {part['validation']!r}")
    if recipe["rounds"] < 1 or recipe["rounds"] > 1 and recipe["sampling"] is None:
        raise RecipeError(f"{where}: rounds above 1 need the key sampling; 1 is the least")
    return recipe


def read_recipe(path):
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise RecipeError(f"{path}: not JSON: {error}") from None
    recipe = checked(raw, path)
    for part in recipe["labels"].values():
        if part["molecules"]:  # beside the recipe
            part["molecules"] = str((Path(path).parent / part["molecules"]).resolve())
    return recipe


def one_molecule(smiles, name, size, train_time):
    """The recipe for a model of one molecule of one's own, from a shipped model."""
    molecule = {"smiles": smiles, "name": name}
    return checked({
        "name": name,
        "labels": {
            "starts": {**molecule, "md": 0, "rattled": 60, "stretched": 60, "rotated": 60, "conformers": 12},
            "test": {**molecule, "split": "test", "seed": 1, "md": 40, "every": 25, "conformers": 3},
            "minimum": {**molecule, "kind": "frequencies"}},
        "first_sampling": {"model": "tiny", "replicas": 60, "steps": 8000, "frame_every": 200, "keep": 2400},
        "train": ["starts"],
        "models": [{"name": name, "size": size, "init": size, "time": train_time}],
        "validations": {"test": {"reference": "test", "relaxed": "minimum"}}}, "--smiles")
