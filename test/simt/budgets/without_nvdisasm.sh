#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for the budgets where there is a CUDA compiler, but no disassembler to count with.
echo "no nvdisasm, so no instructions are counted: tools/run-tests fetches one"
[ -z "$CI" ] || exit 1
exit 77
