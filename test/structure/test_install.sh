#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_install.sh CMAKE BUILD: what `cmake --install` puts in a folder runs from another one, after that
# folder was moved, and finds its models by name.
set -euo pipefail
cmake=$1
build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/first" >"$scratch/log"
mv "$scratch/first" "$scratch/moved"
cd "$scratch"
unset FUSEMD_MODELS
fusemd=$scratch/moved/bin/fusemd
[ "$("$fusemd" info | tr '\n' ' ')" = "original tiny ultra_tiny " ]
"$fusemd" info tiny | grep -q "$scratch/moved/share/fusemd/models/tiny.json"
"$fusemd" run --model ultra_tiny --input moved/share/fusemd/examples/water.xyz --steps 10 --quiet
[ -s fusemd-run/summary.json ]
[ -s moved/share/doc/fusemd/README.md ] && [ -s moved/share/doc/fusemd/docs/command-line.md ]
[ "$("$scratch/moved/bin/fusemd-import" --version | cut -d" " -f1)" = fusemd-import ]
# It needs nothing but what every Debian has.
if ldd "$fusemd" | grep -vE 'linux-vdso|libstdc\+\+|libgcc_s|libm\.|libc\.|libpthread|ld-linux'; then
  echo "the libraries above are not on every machine"
  exit 1
fi
