#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of tree_rules.py reports a planted fault, and the real tree has none."""

import tempfile
import unittest
from pathlib import Path

import tree_rules

ROOT = Path(__file__).resolve().parents[2]
HEAD = "// SPDX-License-Identifier: MIT\n#pragma once\n"


class PlantedFaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("weights/model.hpp", HEAD)
        self.write("host/structure.hpp", HEAD + '#include "weights/model.hpp"\n#include <vector>\n')
        self.write("README.md", "# Title\n\nSee [the model](weights/model.hpp) and [here](#title).\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def expect(self, rule, *fragments):
        """The rule reports exactly these problems, each containing its fragment, in this order."""
        problems = rule(self.root)
        self.assertEqual(len(problems), len(fragments), problems)
        for problem, fragment in zip(problems, fragments):
            self.assertIn(fragment, problem)

    def test_a_clean_tree_has_no_problem(self):
        for rule in tree_rules.RULES:
            self.assertEqual(rule(self.root), [])

    def test_a_lower_layer_includes_a_higher_one(self):
        self.write("weights/bad.hpp", HEAD + '#include "host/structure.hpp"\n')
        self.write("host/bad.cpp", '#include "tools/run.hpp"\n')
        self.write("kernels/bad.cu", '  #  include "weights/model.hpp"\n')
        self.expect(tree_rules.layers, "kernels/bad.cu:1: kernels/ may not include weights/",
                    "weights/bad.hpp:3: weights/ may not include host/", "host/bad.cpp:1: host/ may not include tools/")

    def test_a_path_that_is_not_rooted_or_leads_nowhere(self):
        self.write("host/bad.cpp", '#include "structure.hpp"\n#include "host/nowhere.hpp"\n')
        self.expect(tree_rules.layers, "not rooted", "does not exist")

    def test_a_library_outside_its_place(self):
        self.write("weights/bad.hpp", HEAD + "#include <nlohmann/json.hpp>\n")
        self.write("host/bad.cpp", "#include <CLI/CLI.hpp>\n#include <iostream>\n")
        self.write("test/bad.cpp", "#include <catch2/catch.hpp>\n")
        self.expect(tree_rules.layers, "<nlohmann/json.hpp>", "<CLI/CLI.hpp>", "<iostream>", "<catch2/catch.hpp>")

    def test_the_library_prints_or_exits(self):
        self.write("host/bad.cpp", 'void f() { std::printf("x"); }\nvoid g() { exit(1); }\n// exit(1) in words\n'
                                     'void abort();\nvoid h(R r) { r.abort(); r.exit(1); }\nvoid i() { std::abort(); }\n')
        self.expect(tree_rules.host_is_silent, "host/bad.cpp:1", "host/bad.cpp:2", "host/bad.cpp:6")

    def test_a_name_of_one_version_of_catch2(self):
        self.write("test/bad.cpp", "CHECK(a == Approx(1));\nCHECK(is_close(a, 1, t));\n"
                                   'CHECK_THROWS_WITH(f(), Catch::Contains("b"));\n')
        self.expect(tree_rules.either_catch, "test/bad.cpp:1", "test/bad.cpp:3")

    def test_no_licence_no_guard(self):
        self.write("host/bad.hpp", "int x;\n")
        self.expect(tree_rules.first_lines, "SPDX", "#pragma once")

    def test_a_file_that_is_too_long(self):
        self.write("host/bad.cpp", "\n" * (tree_rules.MAX_LINES + 1))
        self.expect(tree_rules.lengths, f"{tree_rules.MAX_LINES + 1} lines")

    def test_a_loose_end(self):
        self.write("host/bad.cpp", "// TO" "DO: think\n")
        self.expect(tree_rules.loose_ends, "host/bad.cpp:1")

    def test_broken_links(self):
        self.write("docs/bad.md", "[a](nowhere.md) [b](../README.md#nothing) [c](../README.md#title)\n"
                                  "`host/nowhere.hpp`\n```\n[d](in-a-code-block.md)\n```\n")
        self.expect(tree_rules.links, "nowhere.md: no such file", "#nothing: no such heading", "`host/nowhere.hpp`")


class TheTree(unittest.TestCase):
    def test_rules_hold(self):
        for rule in tree_rules.RULES:
            with self.subTest(rule=rule.__name__):
                self.assertEqual(rule(ROOT), [])


if __name__ == "__main__":
    unittest.main()
