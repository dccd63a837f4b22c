#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that are no usable model, through the program: its words, its exit code, and nothing left behind. The reader's
own list, class by class, is test/weights/test_bad_model_files.cpp."""

import base64
import copy
import json
import struct
import subprocess
import unittest

from cli import FUSEMD, CommandLineTest

BAD_INPUT = 3
BIAS = "energy_head.0.bias"


def changed(good, *path, value):
    """The model as text, with one value another; a value of None takes the key away."""
    model = copy.deepcopy(good)
    place = model
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(model)


def bad_models(good):
    """(fault, bytes, words of the refusal)"""
    text = json.dumps(good)
    numbers = struct.pack("<32f", float("nan"), *range(31))
    bias = ("tensors", BIAS)
    return [
        ("empty", "", "an empty file"),
        ("another format", changed(good, "format", value="mlff-student-weights-v1"), "format"),
        ("a checkpoint of PyTorch", "PK\x03\x04 archive/data.pkl", "PyTorch"),
        ("plain text", "C 0 0 0\n", "not valid JSON"),
        ("truncated", text[:text.index('"data": "') + 400], "ends too early"),
        ("duplicate key", text.replace('"version"', '"format": "x", "version"', 1), "key given twice"),
        ("huge number", text.replace('"cutoff": 5.0', '"cutoff": 1e999', 1), "too large for double"),
        ("version from the future", changed(good, "version", value=2), "update fusemd"),
        ("wrong encoding", text.encode("utf-16"), "UTF-16"),
        ("Latin-1", text.replace('"tiny"', '"t\xefny"').encode("latin-1"), "UTF-8"),
        ("missing tensor", changed(good, *bias, value=None), f"tensors.{BIAS}"),
        ("wrong shape", changed(good, *bias, "shape", value=[31]), f"tensors.{BIAS}.shape"),
        ("bad base64", changed(good, *bias, "data", value="!" * 172), f"tensors.{BIAS}.data"),
        ("not a number", changed(good, *bias, "data", value=base64.b64encode(numbers).decode()), "NaN"),
        ("unknown key", changed(good, "elments", value=1), 'did you mean "elements"?'),
    ]


class BadModels(CommandLineTest):
    def setUp(self):
        super().setUp()
        info = subprocess.run([FUSEMD, "info", "tiny", "--json"], capture_output=True, text=True, check=True)
        with open(json.loads(info.stdout)["file"], encoding="utf-8") as file:
            self.good = json.load(file)

    def refused(self, *words):
        before = self.files()
        for command in ("run --model bad.json --input water.xyz --out here",
                        "eval --model bad.json --input water.xyz --output out.xyz", "check bad.json", "info bad.json"):
            with self.subTest(command=command):
                self.refuse(BAD_INPUT, command, "bad.json", *words)
                self.assertEqual(self.files(), before)
                self.assertFalse((self.folder / "here").exists())

    def test_the_good_model_is_taken(self):
        """What is refused below is refused for its one change."""
        self.write("good.json", json.dumps(self.good))
        self.succeed("eval --model good.json --input water.xyz")

    def test_every_bad_file(self):
        cases = bad_models(self.good)
        print(f"{len(cases)} bad model files by four commands")
        for fault, content, *words in cases:
            with self.subTest(fault=fault):
                content = content if isinstance(content, bytes) else content.encode()
                (self.folder / "bad.json").write_bytes(content)
                self.refused(*words)

    def test_a_folder(self):
        (self.folder / "bad.json").mkdir()
        self.refused("directory")


if __name__ == "__main__":
    unittest.main()
