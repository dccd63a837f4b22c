#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd-bench as a user meets it: its lists, tables, files and refusals. FUSEMD names the program."""

import csv
import json
import math
import unittest

from cli import CommandLineTest

FEW = "micro --backend cpu --instruction-set auto --atoms 12 --seconds 0.04 --filter "


class Micro(CommandLineTest):
    def test_every_stage_and_kernel_is_there(self):
        names = self.succeed("micro --list").stdout.split()
        self.assertEqual(len(names), len(set(names)))
        stages = {name.split("/")[0] for name in names}
        for stage in ("radial-basis", "filters-exact", "convolution-exact", "convolution-exact-backward",
                      "convolution-table", "convolution-table-backward", "update", "update-backward", "readout",
                      "find-pairs", "sort-into-cells", "pair-forces", "velocity-verlet", "dense", "silu",
                      "evaluation-table", "evaluation-exact"):
            self.assertIn(stage, stages)
        for model in ("original", "tiny", "ultra_tiny"):
            self.assertTrue(any(f"/{model}/996/" in name for name in names))

    def test_checks_then_times(self):
        process = self.succeed(FEW + "/tiny/ --json a.json --csv a.csv")
        self.assertIn("ratio", process.stdout)
        result = self.json("a.json")
        self.assertEqual(result["format"], "fusemd-bench-micro")
        self.assertGreater(len(result["cases"]), 10)
        for case in result["cases"]:
            self.assertLessEqual(case["check"]["error"], case["check"]["tolerance"], case["name"])
            self.assertGreater(case["seconds"]["median"], 0.0)
            self.assertLessEqual(case["seconds"]["p1"], case["seconds"]["median"])
            self.assertGreater(case["floor"]["seconds"], 0.0)
            self.assertEqual(len(case["blocks_in_peak_flops"]), 9)
        with open(self.folder / "a.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["case"] for row in rows], [case["name"] for case in result["cases"]])
        for row, case in zip(rows, result["cases"]):
            self.assertTrue(math.isfinite(float(row["p1_over_floor"])))
            self.assertAlmostEqual(float(row["floor_s"]) / case["floor"]["seconds"], 1.0, places=4)
            self.assertAlmostEqual(float(row["check_tolerance"]) / case["check"]["tolerance"], 1.0, places=2)

    def test_kernels_of_a_gpu_are_left_out_aloud(self):
        process = self.run_fusemd("micro --backend cuda --list")
        if process.returncode == 0:  # there is a GPU
            self.assertIn("/cuda-cold", process.stdout)
            return
        self.assertEqual(process.returncode, 4, process.stderr)
        self.assertRegex(process.stderr, "no NVIDIA driver|driver is too old|finds no GPU|without a CUDA compiler")
        self.assertIn("SKIPPED: the CUDA kernels: ", self.succeed("micro --list").stderr)

    def test_stages_add_up_to_the_evaluation(self):
        """Flops by formula: an evaluation's are the sum over its stages (two layers: layer 1 is the last)."""
        self.succeed(FEW + "/tiny/12/ --json a.json")
        flops = {case["stage"]: case["floor"]["flops"] for case in self.json("a.json")["cases"]}
        parts = ("find-pairs", "embed", "convolution-table-first", "convolution-table", "convolution-table-backward",
                 "convolution-table-first-backward", "update", "update-backward", "readout", "pair-forces")
        self.assertAlmostEqual(sum(flops[part] for part in parts) / flops["evaluation-table"], 1.0, places=12)
        # The dense part of design: 2 n ((L-1) 8 H^2 + 6.25 H^2).
        dense = 2 * 12 * (8 + 6.25) * 64 ** 2
        self.assertLess(abs(flops["update"] + flops["update-backward"] + flops["readout"] - dense) / dense, 0.1)

    def test_a_baseline_is_compared_and_a_missing_case_is_named(self):
        self.succeed(FEW + "dense/64x32 --json a.json")
        document = self.json("a.json")
        document["cases"].append({"name": "gone/1", "blocks_in_peak_flops": [1.0] * 9})
        self.write("b.json", json.dumps(document))
        process = self.run_fusemd(FEW + "dense/64x32 --baseline b.json")
        self.assertIn("1 cases of the baseline were not measured, gone/1 the first", process.stdout)
        self.assertIn("1 cases compared with commit", process.stdout)

    def test_what_got_slower_ends_with_six(self):
        self.succeed(FEW + "dense/64x32 --json a.json")
        document = self.json("a.json")
        case = document["cases"][0]
        case["blocks_in_peak_flops"] = [value / 3.0 for value in case["blocks_in_peak_flops"]]
        self.write("b.json", json.dumps(document))
        process = self.run_fusemd(FEW + "dense/64x32 --baseline b.json")
        self.assertEqual(process.returncode, 6, process.stdout + process.stderr)
        self.assertIn("SLOWER dense/64x32", process.stdout)

    def test_refusals(self):
        self.refuse(2, "micro --backend cpu --filter nothing-has-this-name", "no case has this in its name", "--list")
        self.refuse(2, "mikro", 'no command "mikro"', "did you mean micro?")
        self.refuse(3, "micro --baseline none.json", "none.json: cannot be read")
        self.write("empty.json", "{}")
        self.refuse(3, "micro --baseline empty.json", "not of the format fusemd-bench-micro")
        self.refuse(7, FEW + "dense/64x32 --json no/such/folder.json", "no/such/folder.json")

    def refuse(self, code, arguments, *fragments, **options):
        process = self.run_fusemd(arguments, **options)
        self.assertEqual(process.returncode, code, process.stderr)
        for fragment in fragments:
            self.assertIn(fragment, process.stderr)
        self.assertTrue(process.stderr.startswith("fusemd-bench: "), process.stderr)


class OtherCommands(CommandLineTest):
    def test_md_sizes_train_files(self):
        self.assertIn("| tiny |", self.succeed("md --model tiny --seconds 0.05").stdout)
        self.assertIn("| ultra_tiny | 996 |",
                      self.succeed("sizes --liquid benzene --model ultra_tiny --seconds 0.05").stdout)
        self.assertIn("| ultra_tiny | 256 | 8 |",
                      self.succeed("train --model ultra_tiny --knots 256 --batch 8 --seconds 0.2").stdout)
        self.assertIn("frames/s", self.succeed("files").stdout)
        self.assertEqual(self.files(), ["water.xyz"])


if __name__ == "__main__":
    unittest.main()
