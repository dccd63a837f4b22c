# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tools/run-demo and tools/run-tests: installs what a build needs, on Debian and Ubuntu.
# Everything that is already there is left alone, wherever it came from; nothing is printed when
# nothing is missing.

# setup_has_header HEADER: the C++ compiler finds it.
setup_has_header() {
  printf '#if !__has_include(<%s>)\n#error missing\n#endif\n' "$1" |
    ${CXX:-g++} -std=c++20 -E -x c++ - >/dev/null 2>&1
}

# setup_has_cmake: cmake is new enough for CMakePresets.json (version 6 of the format).
setup_has_cmake() {
  local version
  version=$(cmake --version 2>/dev/null | sed -n '1s/[^0-9]*//p') || return 1
  [ "$(printf '3.25\n%s\n' "$version" | sort -V | head -n 1)" = 3.25 ]
}

# setup_python: prints the interpreter that Debian's Python packages belong to, or the first in PATH.
setup_python() {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi
}

setup_has_module() {
  local python
  python=$(setup_python) && "$python" -c "import $1" >/dev/null 2>&1
}

# setup_clang_major: version of the clang that is installed, else of the one apt would install.
setup_clang_major() {
  if command -v clang >/dev/null; then
    clang -dumpversion | cut -d. -f1
  else
    apt-cache depends --important clang 2>/dev/null |
      sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1
  fi
}

# setup_has_fuzzer: clang can link libFuzzer and AddressSanitizer. Debian ships both apart from clang.
setup_has_fuzzer() {
  local scratch status=0
  command -v clang++ >/dev/null || return 1
  scratch=$(mktemp -d)
  echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' \
    >"$scratch/probe.cpp"
  clang++ -fsanitize=fuzzer,address "$scratch/probe.cpp" -o "$scratch/probe" 2>/dev/null || status=1
  rm -rf "$scratch"
  return "$status"
}

# setup_release: prints which distribution this is, such as debian:12.
setup_release() { (. /etc/os-release && echo "$ID:${VERSION_ID:-}") 2>/dev/null; }

# setup_missing NEED...: prints the packages that the needs lack, one a line. A need is a word below.
setup_missing() {
  local need major
  for need in "$@"; do
    case $need in
      compiler) command -v "${CXX:-g++}" >/dev/null || echo g++ ;;
      cmake) setup_has_cmake || echo cmake ;;
      ninja) command -v ninja >/dev/null || echo ninja-build ;;
      highway) setup_has_header hwy/highway.h || echo libhwy-dev ;;
      cli11) setup_has_header CLI/CLI.hpp || echo libcli11-dev ;;
      json) setup_has_header nlohmann/json.hpp || echo nlohmann-json3-dev ;;
      catch2)
        setup_has_header catch2/catch.hpp || setup_has_header catch2/catch_all.hpp || echo catch2
        ;;
      python) setup_python >/dev/null || echo python3 ;;
      numpy) setup_has_module numpy || echo python3-numpy ;;
      torch) setup_has_module torch || echo python3-torch ;;
      zip) setup_has_header zip.h || echo libzip-dev ;;
      ase) setup_has_module ase || echo python3-ase ;;
      clang) command -v clang++ >/dev/null || echo clang ;;
      fuzzer)
        if ! setup_has_fuzzer; then
          major=$(setup_clang_major)
          [ -z "$major" ] || echo "libclang-rt-$major-dev"
        fi
        ;;
      # A page and its pictures are looked at in tests. Ubuntu has Chromium as a snap only: there the test says so.
      browser)
        if ! command -v chromium-headless-shell chromium google-chrome >/dev/null &&
          [[ $(setup_release) == debian:* ]]; then
          echo chromium-headless-shell
        fi
        ;;
      # Two builds of a whole test run compile the same files.
      cache) command -v ccache >/dev/null || echo ccache ;;
      pictures) command -v rsvg-convert >/dev/null || echo librsvg2-bin ;;
      # Sources are formatted by one version, which Debian 13 no longer has: there the test says so.
      format)
        if ! command -v clang-format-14 >/dev/null && [[ $(setup_release) != debian:13 ]]; then
          echo clang-format-14
        fi
        ;;
      *) echo "setup_missing: unknown need '$need'" >&2; return 1 ;;
    esac
  done
}

# setup_privilege: sets `privilege` to what must stand before apt-get; fails where nothing would do.
setup_privilege() {
  privilege=()
  [ "$(id -u)" != 0 ] || return 0
  privilege=(sudo)
  command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

# setup_install LOG NEED...: installs what is missing. Where it may not, it prints the line to type and
# ends the script with 2.
setup_install() {
  local log=$1 round packages privilege line
  shift
  # Two rounds: the name of clang's runtime package follows from the clang that the first one installs.
  for round in 1 2 3; do
    packages=$(setup_missing "$@" | sort -u | tr '\n' ' ')
    packages=${packages% }
    [ -n "$packages" ] || return 0
    line="apt-get update && apt-get install --no-install-recommends $packages"
    if [ "$round" = 3 ]; then
      echo "still missing after installation: $packages (see $log)" >&2
      exit 2
    elif ! command -v apt-get >/dev/null; then
      echo "missing, and this system has no apt-get: $packages (Debian's names)" >&2
      exit 2
    elif ! setup_privilege; then
      printf 'missing, and installing needs root. Type this as root, then start again:\n  %s\n' "$line" >&2
      exit 2
    fi

    echo "installing $packages" >&2
    mkdir -p "$(dirname "$log")"
    # The list of packages is split on purpose.
    # shellcheck disable=SC2086
    if ! { "${privilege[@]}" apt-get update &&
      "${privilege[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends $packages; } >"$log" 2>&1 </dev/null; then
      tail -n 15 "$log" >&2
      printf 'apt-get failed (all of its output: %s). Type this as root, then start again:\n  %s\n' \
        "$log" "$line" >&2
      exit 2
    fi
  done
}
