#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd validate as a user runs it: figures against sums made here, limits, files, refusals, stopped and continued."""

import json
import re
import signal
import subprocess
import time
import unittest

from cli import ROOT, CommandLineTest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def frames(path):
    """(comment, [[symbol, x, y, z, fx, fy, fz]]) of each frame."""
    lines, result = path.read_text(encoding="utf-8").splitlines(), []
    while lines:
        n = int(lines[0])
        result.append((lines[1], [[word if k == 0 else float(word) for k, word in enumerate(line.split())]
                                  for line in lines[2:2 + n]]))
        lines = lines[2 + n:]
    return result


class Validate(CommandLineTest):
    def setUp(self):
        super().setUp()
        # Labels of Tiny, for Ultra-tiny to miss: 21 frames of each of two molecules.
        text = ""
        for name in ("water", "ethanol"):
            (self.folder / "all.xyz").write_text("", encoding="utf-8")
            self.succeed(f"run --model tiny --input {ROOT}/examples/{name}.xyz --steps 400 --frame-every 20 --out {name} "
                         "--quiet --threads 1")
            text += (self.folder / name / "trajectory.xyz").read_text(encoding="utf-8").replace(
                " pbc=", f" molecule={name} pbc=")
        self.write("all.xyz", text)

    def test_figures_are_the_sums_of_their_definitions(self):
        self.succeed("eval --model ultra_tiny --input all.xyz --output seen.xyz --quiet")
        # Forces stand last in both.
        label, seen = frames(self.folder / "all.xyz"), frames(self.folder / "seen.xyz")
        truth = [x for _, atoms in label for a in atoms for x in a[-3:]]
        model = [x for _, atoms in seen for a in atoms for x in a[-3:]]
        n = len(truth)
        mean = sum(truth) / n
        squares = sum((a - b) ** 2 for a, b in zip(truth, model))
        process = self.run_fusemd("validate --model ultra_tiny --reference all.xyz --nve none --json --quiet")
        self.assertEqual(process.returncode, 0, process.stderr + process.stdout)
        found = json.loads(process.stdout)
        self.assertAlmostEqual(found["forces"]["force_mae_eV_per_Angstrom"],
                               sum(abs(a - b) for a, b in zip(truth, model)) / n, places=9)
        self.assertAlmostEqual(found["forces"]["force_rmse_eV_per_Angstrom"], (squares / n) ** 0.5, places=9)
        self.assertAlmostEqual(found["forces"]["force_r2"], 1 - squares / sum((x - mean) ** 2 for x in truth), places=9)
        self.assertEqual(found["frames"], 42)
        self.assertEqual(set(found["molecules"]), {"water", "ethanol"})
        self.assertEqual(set(found["elements"]), {"H", "C", "O"})
        energies = {name: [] for name in ("water", "ethanol")}
        for (a, atoms), (b, _) in zip(label, seen):
            one, other = (float(re.search(r" energy=(\S+)", text).group(1)) for text in (a, b))
            energies[re.search(r"molecule=(\S+)", a).group(1)].append((other - one) / len(atoms))
        for name, errors in energies.items():
            entry = found["molecules"][name]
            offset = sum(errors) / len(errors)
            self.assertAlmostEqual(entry["energy_offset_eV_per_atom"], offset, places=9)
            self.assertAlmostEqual(entry["energy_mae_without_offset_eV_per_atom"],
                                   sum(abs(e - offset) for e in errors) / len(errors), places=9)
            self.assertEqual(entry["frames"], 21)
        # A model against its own labels: nothing is left but float rounding.
        same = json.loads(self.succeed("validate --model tiny --reference all.xyz --nve none --json --quiet").stdout)
        self.assertLess(same["forces"]["force_largest_error_eV_per_Angstrom"], 1e-5)
        self.assertGreater(same["forces"]["force_mean_cosine"], 1 - 1e-6)

    def test_limits_decide_the_exit_code(self):
        for limit, code in (("--force-mae-limit 10", 0), ("--force-mae-limit 1e-6", 6), ("--force-r2-limit 0.5", 0),
                            ("--force-r2-limit 0.999999", 6), ("--energy-mae-limit 1e-9", 6)):
            process = self.run_fusemd(f"validate --model ultra_tiny --reference all.xyz --nve none --quiet {limit}")
            self.assertEqual(process.returncode, code, limit + process.stdout)
            self.assertEqual("MISSED" in process.stdout, code == 6)

    def test_physics_frequencies_and_dynamics(self):
        # The model's own frequencies are missed by nothing.
        self.succeed("relax --model tiny --input all.xyz --output minima.xyz --frequencies --force-limit 1e-4 --quiet")
        process = self.run_fusemd("validate --model tiny --reference all.xyz --relaxed minima.xyz --nve water,ethanol "
                                  "--nve-time 4 --nve-slope-limit 0.1 --frequency-limit 0.5 --json --quiet")
        self.assertEqual(process.returncode, 0, process.stdout)
        found = json.loads(process.stdout)
        self.assertLess(found["frequencies"]["H2O"]["rms_cm1"], 0.5)
        self.assertEqual(len(found["frequencies"]["H2O"]["model_cm1"]), 3)
        for name in ("water", "ethanol"):
            run = found["nve"][name]
            self.assertAlmostEqual(run["time_ps"], 4.0)
            self.assertGreater(run["rms_ratio_of_double_step"], 3.0)
            self.assertLess(run["rms_ratio_of_double_step"], 5.5)
        self.assertLess(found["physics"]["rotation_eV"], 1e-9)

    def test_the_report_opens_by_itself(self):
        self.succeed("validate --model ultra_tiny --reference all.xyz --nve water --nve-time 0.5 --html r.html --quiet")
        page = (self.folder / "r.html").read_text(encoding="utf-8")
        self.assertEqual(page.count("<svg"), 3)
        self.assertNotRegex(page, r"<script|<link|src=|@import|url\(")
        self.assertIn("ethanol", page)
        self.refuse(7, "validate --model ultra_tiny --reference all.xyz --nve none --html r.html", "--overwrite")
        import shutil
        browser = next((name for name in BROWSERS if shutil.which(name)), None)
        if browser is None:
            self.skipTest("no Chromium")
        shot = self.folder / "r.png"
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={shot}",
                        "--window-size=900,3000", f"file://{self.folder}/r.html"], check=True, timeout=120,
                       capture_output=True)
        self.assertGreater(shot.stat().st_size, 20_000)
        dom = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                              f"file://{self.folder}/r.html"], check=True, timeout=120, capture_output=True, text=True)
        self.assertEqual(dom.stdout.count("<svg"), 3)
        self.assertNotIn("parsererror", dom.stdout)

    STABILITY = ("validate --model ultra_tiny --reference all.xyz --nve none --stability-time {} --stability-replicas 2 "
                 "--stability-temperature 300 --state s.json --json --unstable-limit 0 --threads 1")

    def test_stability_goes_on_where_it_was_stopped(self):
        whole = json.loads(self.succeed(self.STABILITY.format(2) + " --quiet").stdout)
        self.assertEqual(whole["stability"]["water"]["replicas"], 2)
        self.assertEqual(whole["stability"]["ethanol"]["unstable"], [])
        done = (self.folder / "s.json").read_text(encoding="utf-8")
        again = self.succeed(self.STABILITY.format(2))
        self.assertEqual(json.loads(again.stdout)["stability"], whole["stability"])
        self.assertNotIn("x 2 ps", again.stderr)  # nothing was run again
        self.assertEqual((self.folder / "s.json").read_text(encoding="utf-8"), done)
        self.refuse(3, self.STABILITY.format(3), "s.json", "other settings")
        self.write("s.json", "{}")
        self.refuse(3, self.STABILITY.format(2), "s.json", "--state")
        (self.folder / "s.json").unlink()
        process = self.start(self.STABILITY.format(2000))
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(out, "")

    def test_what_falls_apart_is_reported(self):
        # Far above what any molecule stands.
        process = self.run_fusemd("validate --model ultra_tiny --reference all.xyz --nve none --stability-time 2 "
                                  "--stability water --stability-replicas 4 --stability-temperature 4900 "
                                  "--unstable-limit 0 --json --quiet")
        self.assertEqual(process.returncode, 6, process.stderr)
        found = json.loads(process.stdout)["stability"]["water"]["unstable"]
        self.assertGreater(len(found), 0)
        self.assertRegex(found[0]["reason"], "no atom within|at the start|on average|integrator")

    def test_refusals(self):
        self.refuse(2, "validate --model tiny", "--reference")
        self.refuse(3, "validate --model tiny --reference water.xyz", "no energy")
        self.refuse(2, "validate --model tiny --reference all.xyz --nve benzene", "benzene")
        self.refuse(2, "validate --model tiny --reference all.xyz --state s.json", "--stability-time")
        self.write("bad.xyz", (self.folder / "all.xyz").read_text(encoding="utf-8").splitlines()[0] + "\n")
        self.refuse(3, "validate --model tiny --reference bad.xyz", "bad.xyz")


if __name__ == "__main__":
    unittest.main()
