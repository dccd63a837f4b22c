#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docs/accuracy.md and the README say of the shipped models' accuracy is what this build measures."""

import gzip
import json
import unittest

from cli import ROOT, CommandLineTest

MODELS = ("original", "tiny", "ultra_tiny")
# Figures are printed with four and five digits; instruction sets round differently, which moves the last one.
MAE, R2 = 1.5e-4, 2e-5


def rows(path, heading):
    """The rows of the first table under a heading, by their first cell."""
    text = path.read_text(encoding="utf-8").split(heading)[1]
    table = {}
    for line in text.splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if len(cells) > 3:
            table.setdefault(cells[0], cells[1:])
        elif table:
            break
    return table


class Accuracy(CommandLineTest):
    def measure(self, model, frames):
        self.write(frames, gzip.decompress((ROOT / "recipes" / f"{frames}.gz").read_bytes()).decode())
        process = self.succeed(f"validate --model {model} --reference {frames} --nve none --json --quiet")
        return json.loads(process.stdout)

    def agrees(self, printed, found):
        self.assertAlmostEqual(float(printed[0]), found["force_mae_eV_per_Angstrom"], delta=MAE)
        self.assertAlmostEqual(float(printed[1]), found["force_r2"], delta=R2)

    def test_pages_say_what_is_measured(self):
        together = rows(ROOT / "docs/accuracy.md", "## Together")
        readme = rows(ROOT / "README.md", "<!-- tools/write-accuracy writes this table -->")
        each = rows(ROOT / "docs/accuracy.md", "## Molecules never trained on")
        for column, model in enumerate(MODELS):
            with self.subTest(model=model):
                known, foreign = self.measure(model, "test.xyz"), self.measure(model, "never.xyz")
                self.agrees(together[model][0:2], known["forces"])
                self.agrees(together[model][3:5], foreign["forces"])
                self.agrees(readme[model][1].split(", "), known["forces"])
                self.agrees(readme[model][2].split(", "), foreign["forces"])
                self.assertEqual(len(foreign["molecules"]), 16)
                for name, found in foreign["molecules"].items():
                    self.agrees(each[name][column].split(", "), found)


if __name__ == "__main__":
    unittest.main()
