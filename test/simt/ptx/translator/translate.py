#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Translates PTX into C++ that runs on the executor: translate.py kernel.ptx -o kernel_ptx.cpp

Ends with 1 and one line, file:line: problem, if any instruction is not known.
"""

import argparse
import sys

from cpp_writer import ModuleWriter
from ptx_parser import PtxError, parse


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument('ptx')
    arguments.add_argument('-o', '--output', required=True)
    options = arguments.parse_args()
    with open(options.ptx, encoding='utf-8') as file:
        source = file.read()
    try:
        text = ModuleWriter(parse(source, options.ptx), source).text()
    except PtxError as error:
        print(error, file=sys.stderr)
        return 1
    with open(options.output, 'w', encoding='utf-8') as file:
        file.write(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
