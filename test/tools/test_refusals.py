#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is wrong with a command line or a configuration is refused with its words and its exit code, and
nothing is left behind."""

import json
import os
import subprocess
import unittest

from cli import WATER, CommandLineTest

USAGE, BAD_INPUT, NO_DEVICE, CANNOT_WRITE = 2, 3, 4, 7
RUN = "run --model tiny --input water.xyz "

# (arguments, exit code, words that standard error must have)
FLAGS = [
    ("", USAGE, "which command?", "usage: fusemd"),
    ("rnu", USAGE, 'no command "rnu"', "did you mean run?"),
    ("frobnicate", USAGE, "fusemd --help"),
    ("run", USAGE, "--model is missing"),
    ("run --model tiny", USAGE, "--input is missing"),
    (RUN + "--stesp 10", USAGE, "--stesp: no such option", "did you mean --steps?"),
    (RUN + "--xyzzy", USAGE, "--xyzzy: no such option", "fusemd run --help"),
    (RUN + "extra", USAGE, '"extra" is one argument too many'),
    (RUN + "--steps", USAGE, "--steps"),
    (RUN + "--steps 1 --steps 2", USAGE, "--steps"),
    (RUN + "--steps -5", USAGE, "--steps", "a whole number >= 0", '"-5"'),
    (RUN + "--steps 1.5", USAGE, "--steps", '"1.5"'),
    (RUN + "--steps ten", USAGE, "--steps", '"ten"'),
    (RUN + "--steps 1e30", USAGE, "--steps", '"1e30"'),
    (RUN + "--timestep 0", USAGE, "--timestep", "a number > 0 and <= 10 fs", '"0"'),
    (RUN + "--timestep -0.5", USAGE, "--timestep", '"-0.5"'),
    (RUN + "--timestep 11", USAGE, "--timestep", "<= 10 fs"),
    (RUN + "--timestep nan", USAGE, "--timestep", '"nan"'),
    (RUN + "--timestep inf", USAGE, "--timestep", '"inf"'),
    (RUN + "--timestep 0.5fs", USAGE, "--timestep", '"0.5fs"'),
    (RUN + "--temperature -1", USAGE, "--temperature", ">= 0 and <= 20000 K"),
    (RUN + "--temperature 1e6", USAGE, "--temperature", "<= 20000 K"),
    (RUN + "--temperature 300,", USAGE, "--temperature", '"300,"'),
    (RUN + "--temperature 300,400 --replicas 3", USAGE, "2 temperatures for 3 replicas"),
    (RUN + "--temperature 400 --temperature-limit 300", USAGE, "--temperature", "above --temperature-limit"),
    (RUN + "--ensemble csvr --temperature 0", USAGE, "--temperature", "above 0 K"),
    (RUN + "--ensemble npt", USAGE, "--ensemble", "one of nve, langevin, csvr", '"npt"'),
    (RUN + "--ensemble langevn", USAGE, "did you mean langevin?"),
    (RUN + "--friction 0.01", USAGE, "--friction", "no meaning in the ensemble nve"),
    (RUN + "--ensemble langevin --coupling-time 10", USAGE, "--coupling-time", "no meaning"),
    (RUN + "--ensemble langevin --friction 0", USAGE, "--friction", "> 0"),
    (RUN + "--replicas 0", USAGE, "--replicas", "a whole number >= 1 and <= 100000"),
    (RUN + "--replicas 100001", USAGE, "--replicas", "<= 100000"),
    (RUN + "--seed -1", USAGE, "--seed"),
    (RUN + "--threads -1", USAGE, "--threads"),
    (RUN + "--log-every -1", USAGE, "--log-every"),
    (RUN + "--filters tables", USAGE, "--filters", "did you mean table?"),
    (RUN + "--table-intervals 3", USAGE, "--table-intervals", ">= 16"),
    (RUN + "--instruction-set mmx", USAGE, "--instruction-set", "one of auto, sse4, avx2, avx512"),
    (RUN + "--device gpu", USAGE, "--device", "no such device", "auto, cpu, cuda"),
    (RUN + "--device cuda", NO_DEVICE, "cuda", "cannot be used"),
    (RUN + "--device cuda:3", NO_DEVICE, "cuda:3"),
    (RUN + "--out - --json", USAGE, "--json", "standard output"),
    (RUN + "--out - --frame-every 0", USAGE, "--frame-every"),
    ("run --model tinny --input water.xyz", BAD_INPUT, '"tinny"', "did you mean tiny?"),
    ("run --model no/such.json --input water.xyz", BAD_INPUT, "no/such.json"),
    ("run --model tiny --input nowhere.xyz", BAD_INPUT, "nowhere.xyz"),
    ("run --model tiny --input .", BAD_INPUT, "."),
    (RUN + "--config nowhere.json", BAD_INPUT, "nowhere.json"),
    (RUN + "--config .", BAD_INPUT, "."),
    ("eval --model tiny", USAGE, "--input is missing"),
    ("eval --model tiny --input water.xyz --json --output -", USAGE, "--json"),
    ("check", USAGE, "MODEL is missing"),
    ("check tiny tiny", USAGE, "one argument too many"),
    ("info original.jsn", BAD_INPUT, "original.jsn"),
    ("devices --verbose", USAGE, "--verbose"),
]

# (configuration, words)
CONFIGURATIONS = [
    ("", "config.json"),
    ("{", "config.json:1"),
    ("[1, 2]", "a JSON object"),
    ('{"steps": 10,}', "config.json:1"),
    ('{"steps": 10} x', "config.json:1"),
    ('{"steps": 10,\n "steps": 20}', "config.json:2", "steps"),
    ('{\n "stpes": 10}', "config.json:2: 'stpes': no such option", 'did you mean "steps"?'),
    ('{"--steps": 10}', "no such option"),
    ('{"xyzzy": 10}', "'xyzzy': no such option", "fusemd run --help"),
    ('{"config": "x.json"}', "'config': no such option"),
    ('{"steps": "10"}', "'steps'", "a whole number >= 0", 'found:    the text "10"'),
    ('{"steps": 1.5}', "'steps'", "1.5"),
    ('{"steps": -1}', "'steps'", "-1"),
    ('{"steps": null}', "'steps'", "null"),
    ('{"steps": [10]}', "'steps'", "a list of 1 number"),
    ('{"steps": 1e999}', "config.json:1"),
    ('{"timestep": 0}', "'timestep'", "> 0 and <= 10 fs"),
    ('{"timestep": true}', "'timestep'", "true"),
    ('{"timestep": NaN}', "config.json:1"),
    ('{"temperature": []}', "'temperature'"),
    ('{"temperature": [300, -1]}', "'temperature'"),
    ('{"temperature": [300, "x"]}', "'temperature'"),
    ('{"replicas": 3,\n"temperature": [300, 400]}', "config.json:2: 'temperature'", "2 temperatures for 3 replicas"),
    ('{"ensemble": "nvt"}', "'ensemble'", "one of nve, langevin, csvr"),
    ('{"ensemble": 7}', "'ensemble'", "found:    7"),
    ('{"model": ""}', "'model'"),
    ('{"overwrite": "yes"}', "'overwrite'", "true or false"),
    ('{"friction": 0.01}', "'friction'", "no meaning in the ensemble nve"),
    ('{"device": "gpu"}', "config.json:1: 'device'", "no such device"),
    ('{"a": ' + "[" * 1000 + "]" * 1000 + "}", "config.json:1"),
]

STRUCTURES = [
    ("", "bad.xyz"),
    ("0\n\n", "bad.xyz"),
    ("3\nwater\nO 0 0 0\n", "bad.xyz"),
    ("1\n\nXx 0 0 0\n", "Xx"),
    ("1\n\nC 0 0 x\n", "bad.xyz:3"),
    ("1\n\nC 0 0 nan\n", "bad.xyz:3"),
    ("2\n\nC 0 0 0\nC 0 0 0.01\n", "bad.xyz", "atom 2"),
    ("1\n\nFe 0 0 0\n", "Fe"),
    ('1\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="T T T"\nC 0 0 0\n', "periodic"),
    ('1\nProperties=species:S:1:pos:R:3 charge=1\nC 0 0 0\n', "charge"),
]


class Refusals(CommandLineTest):
    def left_behind(self, allowed):
        self.assertEqual(self.files(), sorted(allowed))

    def test_flags(self):
        for arguments, code, *words in FLAGS:
            with self.subTest(arguments=arguments):
                self.refuse(code, arguments, *words)
                self.left_behind(["water.xyz"])

    def test_configurations(self):
        for text, *words in CONFIGURATIONS:
            with self.subTest(text=text[:60]):
                self.write("config.json", text)
                self.refuse(BAD_INPUT, RUN + "--config config.json", *words)
                self.left_behind(["config.json", "water.xyz"])

    def test_structures(self):
        for text, *words in STRUCTURES:
            for command in ("run", "eval"):
                with self.subTest(text=text, command=command):
                    self.write("bad.xyz", text)
                    self.refuse(BAD_INPUT, f"{command} --model tiny --input bad.xyz", *words)
                    self.left_behind(["bad.xyz", "water.xyz"])

    def test_a_key_from_the_configuration_is_not_blamed_on_the_flag_that_replaced_it(self):
        self.write("config.json", json.dumps({"device": "gpu"}))
        self.refuse(USAGE, RUN + "--config config.json --device gpx", "--device", "gpx")

    def test_an_earlier_run_is_not_overwritten(self):
        self.succeed(RUN + "--steps 10 --out here")
        before = {name: (self.folder / name).read_bytes() for name in self.files()}
        self.refuse(CANNOT_WRITE, RUN + "--steps 20 --out here", "holds an earlier run", "--overwrite")
        self.assertEqual(before, {name: (self.folder / name).read_bytes() for name in self.files()})
        self.write("here/notes.txt", "mine")
        self.succeed(RUN + "--steps 20 --out here --overwrite --frame-every 0")
        self.assertEqual(self.json("here/summary.json")["steps"], 20)
        self.assertIn("here/notes.txt", self.files())
        self.assertNotIn("here/trajectory.xyz", self.files())

    def test_places_that_cannot_be_written(self):
        self.write("file", "")
        self.refuse(CANNOT_WRITE, RUN + "--out file", "file: is a file")
        self.refuse(CANNOT_WRITE, RUN + "--out file/below", "file/below")
        self.refuse(CANNOT_WRITE, "eval --model tiny --input water.xyz --output no/such/place.xyz", "no/such/place.xyz")
        self.refuse(CANNOT_WRITE, "eval --model tiny --input water.xyz --output water.xyz", "exists already")
        self.assertEqual((self.folder / "water.xyz").read_text(), WATER)
        self.left_behind(["file", "water.xyz"])
        if os.geteuid() != 0:  # root may write anywhere
            (self.folder / "locked").mkdir(mode=0o500)
            self.refuse(CANNOT_WRITE, RUN + "--out locked", "locked")

    def test_a_full_disk_is_reported(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for arguments in ("info tiny", "devices", "run --help"):
                process = subprocess.run([os.environ["FUSEMD"], *arguments.split()], stdout=full, text=True,
                                         stderr=subprocess.PIPE, check=False)
                self.assertEqual(process.returncode, CANNOT_WRITE)
                self.assertIn("standard output", process.stderr)

    def test_a_bad_frame_leaves_no_output(self):
        self.write("two.xyz", WATER + "1\n\nC 0 0 x\n")
        process = self.run_fusemd("eval --model tiny --input two.xyz --output out.xyz")
        self.assertEqual(process.returncode, BAD_INPUT)
        self.left_behind(["two.xyz", "water.xyz"])

    def test_a_hot_replica_is_stopped_and_the_rest_goes_on(self):
        squeezed = "3\nwater with a short bond\nO 0 0 0.1\nH 0 0.45 -0.3\nH 0 -0.7555 -0.4712\n"
        self.write("two.xyz", WATER + squeezed)
        process = self.run_fusemd("run --model tiny --input two.xyz --steps 200 --replicas 2 --temperature 100 "
                                  "--temperature-limit 2000 --out hot")
        self.assertEqual(process.returncode, 5, process.stderr)
        self.assertRegex(process.stderr, r"stopped replicas\n  replica +step  reason\n +1 +\d+  the temperature is")
        self.assertNotRegex(process.stderr, r"\n +0 +\d+  the")
        summary = self.json("hot/summary.json")
        self.assertEqual((summary["steps"], summary["stopped"]), (200, False))
        self.assertEqual([failed["replica"] for failed in summary["failed_replicas"]], [1])
        self.assertIn("the temperature is", summary["failed_replicas"][0]["reason"])


if __name__ == "__main__":
    print(f"{len(FLAGS)} bad command lines, {len(CONFIGURATIONS)} configurations, {len(STRUCTURES)} structures, twice")
    unittest.main()
