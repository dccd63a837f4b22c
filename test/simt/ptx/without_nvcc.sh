#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for a test that needs the CUDA compiler: a loud skip, or a failure where CI did not ask for
# a build without one.
if [ -n "$CI" ] && [ "$FUSEMD_NVCC" != none ]; then
  echo "CI is set and FUSEMD_NVCC is not none, so this is a failure and not a skip: no CUDA compiler"
  exit 1
fi
echo "SKIPPED: no CUDA compiler, so nothing here is compiled for a GPU"
exit 77
