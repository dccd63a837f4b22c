# SPDX-License-Identifier: MIT
"""Carries out a recipe. Every step leaves a file when it is complete; a step whose file is there is not done again."""

import json
import random
import shutil
import time
from pathlib import Path

from publish import publish
from recipe import RecipeError, seconds
from report import markdown, write_report
from trajectories import copy_frames, deviations

LABEL = Path(__file__).resolve().parents[1] / "labels" / "label"


class StepFailed(Exception):
    """A program of the loop failed; the text names its log."""


class Learner:
    def __init__(self, recipe, out, fusemd, python, threads, progress):
        self.recipe, self.out, self.fusemd, self.python = recipe, out.resolve(), fusemd, python
        self.threads, self.progress = threads, progress
        self.out.mkdir(parents=True, exist_ok=True)
        for folder in ("labels", "logs", "samples", "models", "validation"):
            (self.out / folder).mkdir(exist_ok=True)
        self._claim()
        self.figures = []  # of each round: {model: {validation: figures}}

    def _claim(self):
        """A folder belongs to one recipe: steps that are done are not looked at again."""
        path, text = self.out / "recipe.json", json.dumps(self.recipe, indent=2) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise RecipeError(f"{self.out} was begun with another recipe; --out with another folder begins anew")
        path.write_text(text, encoding="utf-8")

    # --- steps --------------------------------------------------------------------------------------------

    def _step(self, done, title, command, log, accepted=(0,)):
        """Runs a program unless `done` exists; seconds are kept beside it."""
        if done.exists():
            return
        code, spent = self.progress.run(title, command, self.out / "logs" / f"{log}.log", self.out)
        if code not in accepted:
            tail = (self.out / "logs" / f"{log}.log").read_text(encoding="utf-8").strip().splitlines()[-4:]
            raise StepFailed(f"{title} ended with {code}; all of {self.out / 'logs' / (log + '.log')} ends with\n  "
                             + "\n  ".join(tail))
        done.write_text(json.dumps({"seconds": round(spent, 1), "exit_code": code}) + "\n", encoding="utf-8")

    def labels(self, name):
        return self.out / "labels" / f"{name}.xyz"

    def label(self, name, part):
        command = [self.python, LABEL, part["kind"], "--out", self.labels(name), "--teacher", self.recipe["teacher"],
                   "--processes", self.threads]
        for key, value in part.items():
            if value is None or key == "kind":
                continue
            if key == "sets":
                for one in value:
                    command += ["--set", one]
            elif key == "temperatures":
                command += ["--temperatures", ",".join(f"{t:g}" for t in value)]
            else:
                command += ["--" + key.replace("_", "-"), value]
        # 1: some molecules failed, and the log says which; the others are there.
        self._step(self.out / "labels" / f"{name}.done", f"labels {name}", command, f"label-{name}", (0, 1))

    def label_frames(self, name, geometries):
        command = [self.python, LABEL, "frames", "--frames", geometries, "--out", self.labels(name), "--teacher",
                   self.recipe["teacher"], "--processes", self.threads]
        self._step(self.out / "labels" / f"{name}.done", f"labels {name}", command, f"label-{name}")

    def sample(self, name, part, models, round_number):
        """Frames of fusemd's own dynamics, of which the best worth a label are kept."""
        chosen = self.out / "samples" / f"{name}.xyz"
        if chosen.exists():
            return chosen
        starts = self._joined(part["starts"], self.out / "samples" / f"{name}-starts.xyz")
        candidates, sources = [], []
        for k, temperature in enumerate(part["temperatures"]):
            folder = self.out / "samples" / f"{name}-{temperature:g}K"
            which = (["--committee", ",".join(map(str, models))] if len(models) > 1 else ["--model", models[0]])
            command = [self.fusemd, "run", *which, "--input", starts, "--ensemble", "langevin", "--velocities", "exact",
                       "--temperature", temperature, "--replicas", part["replicas"],
                       "--steps", part["steps"], "--frame-every", part["frame_every"], "--log-every", 0, "--seed",
                       1000 * round_number + 10 * k + part["seed"], "--out", folder, "--overwrite", "--quiet",
                       "--temperature-limit", 20 * temperature, "--threads", self.threads]
            # 5: some replicas blew up; their frames before that are what the model has to learn from.
            self._step(folder.with_suffix(".done"), f"samples {name} at {temperature:g} K", command,
                       f"sample-{name}-{temperature:g}", (0, 5))
            found = deviations(folder, len(models) > 1)
            sources.append((folder / "trajectory.xyz", temperature))
            candidates += [(deviation, len(sources) - 1, index) for index, deviation in enumerate(found)
                           if part["least_deviation"] <= deviation <= part["most_deviation"]]
        random.Random(self.recipe["seed"] + round_number).shuffle(candidates)
        if len(models) > 1:
            candidates.sort(key=lambda entry: -entry[0])  # stable: ties stay shuffled
        copy_frames(sources, {(source, index) for _, source, index in candidates[:part["keep"]]}, chosen,
                    starts, name)
        for path, _ in sources:
            shutil.rmtree(path.parent, ignore_errors=True)
        return chosen

    def train(self, part, member, round_number, data):
        model = self.out / "models" / f"{part['name']}-{member}-round{round_number}.json"
        command = [self.fusemd, "train", "--data", data, "--out", model, "--name", self._member(part["name"], member),
                   "--seed", self.recipe["seed"] + member, "--threads", self.threads]
        # A shipped model is a start for every member; later rounds go on from the round before.
        before = self.out / "models" / f"{part['name']}-{member}-round{round_number - 1}.json"
        if round_number > 0:
            command += ["--init", before]
        elif part["init"]:
            command += ["--init", part["init"]]
        else:
            command += ["--size", part["size"]]
        command += ["--time", part["time"]] if part["time"] else ["--frames", part["frames"]]
        for key, value in part["options"].items():
            command += ["--" + key.replace("_", "-"), value]
        if model.with_suffix(".train").joinpath("checkpoint").exists():
            command += ["--resume"]
        elif model.with_suffix(".train").exists():
            command += ["--overwrite"]
        self._step(model.with_suffix(".done"), f"training {part['name']}, member {member + 1}, round {round_number + 1}",
                   command, f"train-{model.stem}")
        return model

    def validate(self, model, name, part):
        stem = self.out / "validation" / f"{model.stem}-{name}"
        command = [self.fusemd, "validate", "--model", model, "--reference", self.labels(part["reference"]), "--html",
                   stem.with_suffix(".html"), "--overwrite", "--json", "--quiet", "--threads", self.threads]
        if part["relaxed"]:
            command += ["--relaxed", self.labels(part["relaxed"])]
        for key, value in part["options"].items():
            command += ["--" + key.replace("_", "-"), value]
        done = stem.with_suffix(".done")
        self._step(done, f"validating {model.stem} on {name}", command, f"validate-{stem.name}", (0, 6))
        text = (self.out / "logs" / f"validate-{stem.name}.log").read_text(encoding="utf-8")
        return json.loads(text[text.index("\n{") + 1:])

    # --- the loop -----------------------------------------------------------------------------------------

    def run(self):
        """Result: whether every target is reached (True without targets)."""
        recipe, begin, limit = self.recipe, time.monotonic(), seconds(self.recipe["time"])
        for name, part in recipe["labels"].items():
            self.label(name, part)
        sampled = []
        if recipe["first_sampling"]:
            part = recipe["first_sampling"]
            chosen = self.sample("first", part, [part["model"] or "original"], 0)
            self.label_frames("sampled-first", chosen)
            sampled.append("sampled-first")
        reached = False
        for number in range(recipe["rounds"]):
            data = self._training_data(number, sampled)
            figures, members = {}, {}
            for part in recipe["models"]:
                members[part["name"]] = [self.train(part, k, number, data) for k in range(part["members"])]
                figures[part["name"]] = {name: self.validate(members[part["name"]][0], name, validation)
                                         for name, validation in recipe["validations"].items()}
            self.figures.append(figures)
            reached = all(self._reached(target, figures) for target in recipe["targets"])
            self._write_report(reached)
            late = limit is not None and time.monotonic() - begin > limit
            if number + 1 == recipe["rounds"] or recipe["targets"] and reached or late:
                break
            part = recipe["sampling"]
            guide = max(members.values(), key=len)
            chosen = self.sample(f"round{number + 1}", part, [part["model"]] if part["model"] else guide, number + 1)
            self.label_frames(f"sampled-round{number + 1}", chosen)
            sampled.append(f"sampled-round{number + 1}")
        for name, models in members.items():
            for k, model in enumerate(models):  # the first member is the one that is validated
                publish(model, self.out / f"{self._member(name, k)}.json", recipe["teacher"], recipe["name"],
                        figures[name] if k == 0 else {})
        return reached

    @staticmethod
    def _member(name, k):
        return name if k == 0 else f"{name}-{k + 1}"

    def _training_data(self, number, sampled):
        return self._joined([*self.recipe["train"], *sampled], self.out / "labels" / f"training-round{number}.xyz")

    def _joined(self, names, path):
        scratch = path.with_suffix(".part")
        with open(scratch, "wb") as out:
            for name in names:
                with open(self.labels(name), "rb") as part:
                    shutil.copyfileobj(part, out)
        scratch.replace(path)
        return path

    @staticmethod
    def _reached(target, figures):
        forces = figures[target["model"]][target["validation"]]["forces"]
        mae, r2 = forces["force_mae_eV_per_Angstrom"], forces["force_r2"]
        return (target["force_mae"] is None or mae is not None and mae <= target["force_mae"]) and \
               (target["force_r2"] is None or r2 is not None and r2 >= target["force_r2"])

    def _write_report(self, reached):
        write_report(self.out, self.recipe, self.figures, reached)

    def summary(self):
        return markdown(self.out, self.recipe, self.figures)
