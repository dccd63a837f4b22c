#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd-import and fusemd export as a user runs them; hostile checkpoints under a memory limit."""

import json
import os
import re
import resource
import subprocess
import sys
import time
import unittest
from pathlib import Path

import hostile_checkpoints
from cli import FUSEMD, ROOT, CommandLineTest

IMPORT = os.environ["FUSEMD_IMPORT"]
SHARED = Path(os.environ["FUSEMD_SHARED"])
SANITIZED = bool(os.environ.get("FUSEMD_SANITIZE"))
SEED = SHARED / "reference" / "weights"


def needs(present, what):
    """A decorator that skips a test loudly, and fails on CI."""
    if present or os.environ.get("CI"):
        return lambda test: test
    print(f"SKIPPED: {what} is missing", file=sys.stderr)
    return unittest.skip(f"{what} is missing")


def has_torch():
    return subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, check=False).returncode == 0


class ImportTest(CommandLineTest):
    def run_import(self, arguments, code=0):
        process = subprocess.run([IMPORT, *arguments.split()], cwd=self.folder, text=True, capture_output=True,
                                 timeout=300, check=False)
        self.assertEqual(process.returncode, code, process.stdout + process.stderr)
        if code in (2, 3, 7):
            self.assertEqual(process.stdout, "")
            self.assertTrue(process.stderr.startswith("fusemd-import: "), process.stderr)
        return process

    def refuse_import(self, code, arguments, *fragments):
        process = self.run_import(arguments, code)
        for fragment in fragments:
            self.assertIn(fragment, process.stderr)

    def write_bytes(self, name, data):
        (self.folder / name).write_bytes(data)
        return name


class CommandLine(ImportTest):
    def setUp(self):
        super().setUp()
        self.write_bytes("student.pt", hostile_checkpoints.checkpoint())

    def test_help_and_version(self):
        text = self.run_import("--help").stdout
        for words in ("-o,--output", "--elements", "--reference", "No code in a checkpoint is ever run",
                      "PyTorch (.pt, .pth)", "ONNX", "safetensors", "mlff-student-weights-v1"):
            self.assertIn(words, text)
        self.assertRegex(self.run_import("--version").stdout, r"^fusemd-import \d")

    def test_usage(self):
        self.refuse_import(2, "", "CHECKPOINT is missing")
        self.refuse_import(2, "student.pt", "--output is missing")
        self.refuse_import(2, "student.pt -o m.json --elments H", "did you mean --elements?")
        self.refuse_import(2, "student.pt -o m.json --elements H,Xx", 'no such element: "Xx"')
        self.refuse_import(2, "student.pt -o m.json --elements H,", "no such element")
        self.refuse_import(2, "student.pt -o m.json --cutoff 0", "--cutoff")
        self.refuse_import(2, "student.pt -o m.json --vector-mixing both", "one of matrix, none")
        self.refuse_import(3, "student.pt -o m.json --elements H,C", "elements[1]", "1 to 1")
        self.refuse_import(3, "nowhere.pt -o m.json", "nowhere.pt")
        self.refuse_import(3, ". -o m.json", "a directory")
        self.refuse_import(3, "student.pt -o m.json --elements H --reference nowhere.xyz", "nowhere.xyz")
        self.refuse_import(3, "student.pt -o m.json --elements H --prefix ema", 'no student model under "ema"')
        self.refuse_import(7, "student.pt -o no/such/folder/m.json --elements H --quiet", "no/such/folder")
        self.assertEqual(self.files(), ["student.pt", "water.xyz"])

    def test_output_is_not_replaced_unasked(self):
        self.run_import("student.pt -o m.json --elements H")
        self.refuse_import(7, "student.pt -o m.json --elements H", "m.json: exists", "--overwrite")
        self.run_import("student.pt -o m.json --elements H --overwrite")
        self.assertEqual(self.run_import("student.pt -o n.json --elements H --quiet").stdout, "")

    def test_summary(self):
        text = self.run_import("student.pt -o m.json --elements H --name mine").stdout
        self.assertLess(len(text.splitlines()), 24)  # one screen
        for words in ("18 tensors of float32", "mine, 4 channels, 1 layer, 2 radial functions", "H (as given)",
                      "cutoff_applied_to rbf, vector_mixing matrix, directional_message filter, norm_epsilon 0",
                      "written      m.json"):
            self.assertIn(words, text)
        info = self.succeed("info ./m.json --json").stdout
        self.assertEqual(json.loads(info)["provenance"]["imported_from"], "student.pt")

    def test_switches(self):
        self.run_import("student.pt -o m.json --elements H --cutoff-applied-to filter --vector-mixing none "
                        "--directional-message filter_times_source --norm-epsilon 0.01")
        info = json.loads(self.succeed("info ./m.json --json").stdout)
        self.assertEqual((info["cutoff_applied_to"], info["vector_mixing"], info["directional_message"],
                          info["norm_epsilon"]), ("filter", "none", "filter_times_source", 0.01))

    def test_parity_with_frames_of_another_model(self):
        self.run_import("student.pt -o m.json --elements H")
        self.write("h2.xyz", "2\nno results\nH 0 0 0\nH 0.3 0.2 0.7\n")
        self.refuse_import(3, "student.pt -o n.json --elements H --reference h2.xyz --quiet", "h2.xyz, frame 1",
                           "no energy")
        self.succeed("eval --model ./m.json --input h2.xyz --output good.xyz --device reference")
        text = self.run_import("student.pt -o n.json --elements H --reference good.xyz").stdout
        self.assertIn("PASSED: 1 frame", text)
        self.assertEqual(json.loads(self.succeed("info ./n.json --json").stdout)["reference_frames"], ["frame 1"])
        self.succeed("check ./n.json")
        frame = (self.folder / "good.xyz").read_text(encoding="utf-8")
        energy = re.search(r"energy=(\S+)", frame).group(1)
        self.write("bad.xyz", frame.replace(energy, str(float(energy) + 1e-3)))
        text = self.run_import("student.pt -o o.json --elements H --reference bad.xyz", 6).stdout
        self.assertIn("MISSED", text)
        self.assertRegex(text, r"largest deviation +1\.0e-03")
        self.assertNotIn("o.json", self.files())
        self.run_import("student.pt -o o.json --elements H --reference bad.xyz --energy-tolerance 0.01")

    def test_export_and_back(self):
        self.succeed("export tiny -o tiny.safetensors")
        self.succeed("export tiny --format npz -o tiny.npz")
        self.succeed("export tiny --format json-plain -o tiny.plain.json")
        self.refuse(7, "export tiny -o tiny.npz", "exists")
        self.refuse(2, "export tiny", "--output is missing")
        for name in ("tiny.safetensors", "tiny.npz"):
            self.run_import(f"{name} -o back.json --overwrite --quiet")
            self.assertEqual((self.folder / "back.json").read_bytes(), (ROOT / "weights/tiny.json").read_bytes())
        self.succeed("check ./tiny.plain.json")
        process = subprocess.run([FUSEMD, "export", "tiny", "-o", "-"], cwd=self.folder, capture_output=True, check=True)
        self.assertEqual(process.stdout, (self.folder / "tiny.safetensors").read_bytes())

    def test_numpy_reads_the_archive(self):
        import numpy
        self.succeed("export tiny --format npz -o tiny.npz")
        arrays = numpy.load(self.folder / "tiny.npz")
        self.assertEqual(arrays["embedding.weight"].shape, (101, 64))
        self.assertEqual(str(arrays["embedding.weight"].dtype), "float32")
        plain = json.loads(self.succeed("export tiny --format json-plain -o -").stdout)
        for name, tensor in plain["tensors"].items():
            values = numpy.array(tensor["data"], dtype="float64")
            self.assertEqual(values.astype("<f4").tobytes(), arrays[name].tobytes())
            self.assertTrue((values == values.astype("<f4")).all())  # plain numbers are exact, too


@needs(SEED.is_dir(), str(SEED))
class SeedCheckpoints(ImportTest):
    def test_original_in_a_second_on_one_screen(self):
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.run_import(f"{SHARED}/reference/onnx/original_model.onnx -o original.json")
        seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if not SANITIZED:
            # Processor time is its own; on the clock, other tests that run beside it count too.
            self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1.0)
            self.assertLess(seconds, 3.0)
        text = process.stdout
        self.assertLess(len(text.splitlines()), 24)
        for words in ("427,292 parameters", "H, C, N, O, F, P, S, Cl (a guess", "interactions.2.update.mixing_matrix",
                      "turning a water molecule changes its energy by up to 0.1", "jumps by up to 1.8"):
            self.assertIn(words, text)
        self.assertIn("--elements says what it was trained on", process.stderr)

    @needs(has_torch(), "PyTorch for Python (python3-torch)")
    def test_parity_with_pytorch_in_double(self):
        for name in ("original", "tiny", "ultra_tiny"):
            subprocess.run([sys.executable, "-B", str(ROOT / "test/tools/write_trained.py"), str(SEED / f"{name}.json"),
                            str(self.folder)], check=True, timeout=300)
            text = self.run_import(f"trained.pt -o {name}.json --reference frames.xyz --energy-tolerance 1e-11 "
                                   "--force-tolerance 1e-11").stdout
            self.assertIn("PASSED: 5 frames", text)
            self.run_import(f"trained.safetensors -o {name}_st.json --reference frames.xyz --energy-tolerance 1e-11 "
                            "--force-tolerance 1e-11")
            tensors = [json.loads((self.folder / f"{n}.json").read_text(encoding="utf-8"))["tensors"]
                       for n in (name, name + "_st")]
            self.assertEqual(*tensors)

    @needs(has_torch(), "PyTorch for Python (python3-torch)")
    def test_a_cusp_is_explained(self):
        subprocess.run([sys.executable, "-B", str(ROOT / "test/tools/write_trained.py"), str(SEED / "original.json"),
                        str(self.folder), "--ideal-methane"], check=True, timeout=300)
        # At the ideal geometry rounding decides the force; a shift of one atom by 1e-9 A stands for another program.
        text = self.run_import("trained.pt -o m.json --reference frames.xyz", 6).stdout
        self.assertIn("symmetric site", text)


class HostileCheckpoints(ImportTest):
    @classmethod
    def setUpClass(cls):
        # A process of its own, because what Linux calls a child's peak includes the parent it was forked from.
        cls.runner = subprocess.Popen([sys.executable, "-S", "-E", str(ROOT / "test/tools/peak_memory.py")],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @classmethod
    def tearDownClass(cls):
        cls.runner.communicate(timeout=60)

    def peak_memory(self, arguments):
        """Exit code, standard error and peak resident memory in bytes of fusemd-import."""
        print(json.dumps([str(self.folder), IMPORT, *arguments]), file=self.runner.stdin, flush=True)
        code, memory = json.loads(self.runner.stdout.readline())
        return code, (self.folder / "stderr").read_text("utf-8"), memory

    def test_a_good_one_passes(self):
        self.write_bytes("good.pt", hostile_checkpoints.checkpoint())
        self.run_import("good.pt -o good.json --elements H")

    def test_corpus(self):
        count, worst = 0, 0.0
        for kind, case, data, words in hostile_checkpoints.corpus():
            with self.subTest(kind=kind, case=case):
                self.write_bytes("hostile", data)
                code, message, memory = self.peak_memory(["hostile", "-o", "out.json", "--elements", "H"])
                self.assertEqual(code, 3, message)
                self.assertTrue(message.startswith("fusemd-import: hostile: "), message)
                self.assertIn(words, message)
                self.assertLess(len(message), 1500)
                self.assertNotIn("/usr", message)
                self.assertNotIn(".cpp", message)
                self.assertFalse((self.folder / "out.json").exists())
                self.assertFalse((self.folder / hostile_checkpoints.CANARY).exists())
                if not SANITIZED:
                    limit = (64 << 20) + 12 * len(data)
                    self.assertLessEqual(memory, limit, f"{len(data)} bytes of file")
                    worst = max(worst, memory / limit)
            count += 1
        self.assertGreaterEqual(count, 60)
        self.assertEqual(len(hostile_checkpoints.CLASSES), 8)
        print(f"{count} hostile checkpoints in {len(hostile_checkpoints.CLASSES)} classes; the nearest one to its "
              f"memory limit took {100 * worst:.0f} % of it", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
