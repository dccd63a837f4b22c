#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table of faults in docs/reliability.md, made of the tests' own words.

A test's row is a line "FAULT | WHAT HAPPENS": the docstring of a test in Python, or the comment "// fault: ..." before a
TEST_CASE in C++ (lines may be broken).

    table.py            prints the table
    table.py --write    writes it into the page
    table.py --check    ends with 1 if the page has another"""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- begin table -->\n", "<!-- end table -->\n"


def python_rows(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = (ast.get_docstring(node) or "").splitlines()[:1]
            if first and " | " in first[0]:
                yield (*first[0].split(" | "), node.name)


def cpp_rows(path):
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r'^// fault: (.*(?:\n// .*)*)\nTEST_CASE\("([^"]+)"', text, re.M):
        words = re.sub(r"\n//\s*", " ", match.group(1))
        yield (*words.split(" | "), match.group(2))


def table():
    rows = []
    for path in sorted((ROOT / "test").rglob("test_*")):
        source = path.relative_to(ROOT).as_posix()
        found = python_rows(path) if path.suffix == ".py" else cpp_rows(path) if path.suffix == ".cpp" else ()
        rows += [(fault, effect, f"`{source}`: {name}") for fault, effect, name in found]
    lines = ["| fault | what happens | test |", "| --- | --- | --- |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def main():
    page = PAGE.read_text(encoding="utf-8")
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page[:begin] + table() + page[end:], encoding="utf-8")
    elif sys.argv[1:] == ["--check"]:
        if page[begin:end] != table():
            sys.exit("docs/reliability.md has another table of faults than the tests: "
                     "test/tools/faults/table.py --write")
    else:
        print(table(), end="")


if __name__ == "__main__":
    main()
