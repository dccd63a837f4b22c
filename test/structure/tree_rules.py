#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the source tree (CONTRIBUTING.md), each a function root -> list of problems.

    tree_rules.py ROOT        prints every problem, ends with 1 if there is one
"""

import re
import sys
from pathlib import Path

LAYERS = ("kernels", "weights", "host", "tools", "test", "benchmarks")
SOURCE_FOLDERS = LAYERS
CODE = {".cpp", ".hpp", ".cu", ".cuh"}
SCRIPTS = {".py", ".sh", ".cmake"}
MAX_LINES = 600

# Folder -> folders of ours that it may include from.
MAY_INCLUDE = {
    "kernels": {"kernels"},
    "weights": {"weights"},
    "host": {"host", "kernels", "weights"},
    "tools": {"tools", "host", "kernels", "weights"},
    "test": set(LAYERS),
    "benchmarks": set(LAYERS),
}

# Third-party header -> where it may be included. A pattern of the header, a pattern of the path.
CONFINED = [
    (r"nlohmann/", r".*\.cpp$", "nlohmann/json stays out of headers: it doubles their compile time"),
    (r"zip\.h$", r"weights/import/.*\.cpp$", "libzip is optional and only fusemd-import is linked with it"),
    (r"CLI/", r"(tools|test|benchmarks)/.*", "command lines are parsed in tools/"),
    (r"catch2/", r"test/support/.*", "two versions of Catch2 differ in header names: include "
                                     "test/support/catch.hpp"),
    (r"cuda_runtime|cuda\.h", r"(kernels|host/cuda|test)/.*", "CUDA headers stay in kernels/ and host/cuda/"),
    (r"iostream$", r"(tools|test|benchmarks)/.*", "only tools print"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def files(root, suffixes, folders=SOURCE_FOLDERS):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                yield path, path.relative_to(root).as_posix()


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2)


def layers(root):
    """tools -> host -> {kernels, weights}; own headers by rooted path; some libraries in one place."""
    problems = []
    for path, name in files(root, CODE):
        layer = name.split("/")[0]
        for line, bracket, header in includes(path):
            where = f"{name}:{line}"
            target = header.split("/")[0]
            if bracket == '"' and target == "hwy":
                pass  # Highway's own spelling
            elif bracket == '"' and target not in LAYERS:
                problems.append(f'{where}: "{header}" is not rooted: write the path from the top level')
            elif bracket == '"' and target not in MAY_INCLUDE[layer]:
                problems.append(f"{where}: {layer}/ may not include {target}/")
            elif bracket == '"' and not (root / header).is_file():
                problems.append(f"{where}: {header} does not exist")
            for pattern, allowed, why in CONFINED:
                if re.match(pattern, header) and not re.match(allowed, name):
                    problems.append(f"{where}: <{header}> does not belong here: {why}")
    return problems


def host_is_silent(root):
    """host/ and weights/ never print and never end the program."""
    problems = []
    call = re.compile(r"(?:\bstd::|(?<![\w:.>])(?<!void ))(?:printf|puts|putchar|exit|_exit|abort|quick_exit)\s*\(|"
                      r"\bstd::(?:cout|cerr|clog)\b|"
                      r"\bfprintf\s*\(\s*std(?:out|err)")
    for path, name in files(root, CODE, ("host", "weights")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = line.split("//")[0]
            match = call.search(code)
            if match:
                problems.append(f"{name}:{number}: {match.group(0).strip()}: only tools print and exit")
    return problems


def either_catch(root):
    """Tests use names that both versions of Catch2 have: test/support/catch.hpp."""
    problems = []
    name_of_one = re.compile(r"\bApprox\(|\bCatch::(?:Contains|Equals|StartsWith|EndsWith|Matchers::Contains)\b")
    for path, name in files(root, CODE, ("test", "benchmarks")):
        if name == "test/support/catch.hpp":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = name_of_one.search(line)
            if match:
                problems.append(f"{name}:{number}: {match.group(0)}: Catch2's versions differ here; see test/support/")
    return problems


def first_lines(root):
    """Every source says its licence in its first lines; every header guards itself."""
    problems = []
    for path, name in files(root, CODE | SCRIPTS):
        head = path.read_text(encoding="utf-8").splitlines()[:3]
        if not any("SPDX-License-Identifier: MIT" in line for line in head):
            problems.append(f"{name}:1: no 'SPDX-License-Identifier: MIT'")
    for path, name in files(root, {".hpp", ".cuh"}):
        if name.endswith("-inl.hpp"):
            continue  # Highway includes these once for each instruction set
        if "#pragma once" not in path.read_text(encoding="utf-8"):
            problems.append(f"{name}: no '#pragma once'")
    return problems


def lengths(root):
    """A file that needs scrolling for minutes has more than one job."""
    problems = []
    for path, name in files(root, CODE | SCRIPTS):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > MAX_LINES:
            problems.append(f"{name}: {count} lines; split it (at most {MAX_LINES})")
    return problems


def loose_ends(root):
    """What is unfinished is not committed."""
    problems = []
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
    for path, name in files(root, CODE | SCRIPTS | {".md", ".txt"}, SOURCE_FOLDERS + ("docs",)):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if word.search(line):
                problems.append(f"{name}:{number}: {word.search(line).group(0)}")
    return problems


def anchor(heading):
    """The fragment that renderers of Markdown give a heading."""
    text = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return text.replace(" ", "-")


def markdown_files(root):
    yield from sorted(root.glob("*.md"))
    for folder in SOURCE_FOLDERS + ("docs", "examples"):
        yield from sorted((root / folder).rglob("*.md"))


def outside_code_blocks(text):
    """Blanks fenced blocks, keeps the line count."""
    return re.sub(r"^(```|~~~).*?^\1", lambda m: re.sub(r"[^\n]", "", m.group(0)), text, flags=re.M | re.S)


def links(root):
    """Every relative link in a Markdown file leads to a file, and to a heading if it names one. So does
    every path written as `folder/file.ext`."""
    problems = []
    for path in markdown_files(root):
        name = path.relative_to(root).as_posix()
        text = outside_code_blocks(path.read_text(encoding="utf-8"))
        for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", text):
            target, line = match.group(1), text.count("\n", 0, match.start()) + 1
            if re.match(r"[a-z]+:", target):
                continue
            file_part, _, fragment = target.partition("#")
            goal = (path.parent / file_part).resolve() if file_part else path
            if not goal.exists():
                problems.append(f"{name}:{line}: link to {target}: no such file")
            elif fragment and goal.suffix == ".md":
                headings = re.findall(r"^#+\s+(.*)$", outside_code_blocks(goal.read_text(encoding="utf-8")), re.M)
                if fragment not in {anchor(h) for h in headings}:
                    problems.append(f"{name}:{line}: link to {target}: no such heading")
        for match in re.finditer(r"`((?:%s|docs|examples)/[\w./-]+\.\w+)`" % "|".join(LAYERS), text):
            if not (root / match.group(1)).exists():
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{name}:{line}: `{match.group(1)}`: no such file")
    return problems


RULES = (layers, host_is_silent, either_catch, first_lines, lengths, loose_ends, links)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = [f"{p}   [{rule.__name__}]" for rule in RULES for p in rule(Path(sys.argv[1]))]
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
