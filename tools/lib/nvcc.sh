# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Finds a CUDA compiler. Source this file, then call fusemd_find_nvcc; it needs bash and, for the
# second source, a python3 with pip.
#
#   fusemd_find_nvcc FOLDER     FOLDER holds what is fetched; a build folder is the place for it
#   fusemd_compute_sanitizer FOLDER NVCC     prints where compute-sanitizer is
#
# The first of these that works is taken, and said on standard output:
#   system   nvcc in PATH, $CUDA_PATH, $CUDA_HOME or /usr/local/cuda, of release 12.8 or later: the
#            first that knows every architecture of kernels/CMakeLists.txt
#   pypi     NVIDIA's wheels, unpacked into FOLDER/cuda-pypi (about 280 MB); nothing to install else
#   none     no CUDA: the kernels then run from source on the CPU only
# FUSEMD_NVCC=system|pypi|none in the environment allows that one and no other.
#
# Sets and exports
#   FUSEMD_NVCC_KIND    system, pypi or none
#   FUSEMD_NVCC_PATH    the compiler; empty for none
#   FUSEMD_NVDISASM     a disassembler to check the SASS counts against, or empty
# Sets the array FUSEMD_CMAKE_CUDA to the arguments that make CMake take the same choice.
# Returns 1 and says why if a forced source does not work, or if nothing was found, nothing was forced
# and CI is set: a CI machine must not skip its CUDA checks by accident.

# The first three are one compiler and must be of one release; the header packages follow it.
FUSEMD_CUDA_RELEASE='13.0'
FUSEMD_CUDA_PACKAGES=(nvidia-cuda-nvcc nvidia-nvvm nvidia-cuda-crt nvidia-cuda-runtime nvidia-cuda-cccl)
FUSEMD_CUDA_OLDEST='12.8'
# Disassemblers read the output of older compilers, so any release of them will do.
FUSEMD_CUDA_TOOLS=(nvidia-cuda-cuobjdump nvidia-cuda-nvdisasm)
FUSEMD_CUDA_SANITIZER=(nvidia-cuda-sanitizer-api)

# fusemd_nvcc_release NVCC -> "13.0", or nothing if it does not run
fusemd_nvcc_release() {
  "$1" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\.[0-9]*\).*/\1/p'
}

# fusemd_release_at_least FOUND WANTED
fusemd_release_at_least() {
  [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Prints the first system compiler that is recent enough; says on stderr what it passed over.
fusemd_system_nvcc() {
  local candidate release
  for candidate in "${CUDACXX:-}" "$(command -v nvcc 2>/dev/null)" "${CUDA_PATH:+$CUDA_PATH/bin/nvcc}" \
                   "${CUDA_HOME:+$CUDA_HOME/bin/nvcc}" /usr/local/cuda/bin/nvcc; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    release=$(fusemd_nvcc_release "$candidate")
    if fusemd_release_at_least "$release" "$FUSEMD_CUDA_OLDEST"; then
      printf '%s\n' "$candidate"
      return 0
    fi
    echo "nvcc: passing over $candidate (release ${release:-unknown}, need $FUSEMD_CUDA_OLDEST)" >&2
  done
  return 1
}

# Prints a python that has pip: a user's python3 may be one without.
fusemd_python_with_pip() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  echo 'nvcc: no python3 with pip here' >&2
  return 1
}

# fusemd_fetch FOLDER REQUIREMENT...: unpacks wheels into FOLDER. A stamp with the same requirements
# means that it was done before; an interrupted call leaves no folder of that name.
fusemd_fetch() {
  local folder=$1 python
  shift
  [ "$(cat "$folder/requirements" 2>/dev/null)" = "$*" ] && return 0
  python=$(fusemd_python_with_pip) || return 1
  rm -rf "$folder" "$folder.part"
  mkdir -p "$(dirname "$folder")" || return 1
  if ! "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
       --no-deps --only-binary :all: --target "$folder.part" "$@" >"$folder.log" 2>&1; then
    echo "nvcc: pip could not fetch $* (see $folder.log)" >&2
    rm -rf "$folder.part"
    return 1
  fi
  printf '%s' "$*" >"$folder.part/requirements" && mv "$folder.part" "$folder" && rm -f "$folder.log"
}

# The tree inside the wheels, whatever the major release is called there: nvidia/cu13.
fusemd_wheel_tool() {
  local path
  for path in "$1"/nvidia/cu*/bin/"$2"; do
    [ -x "$path" ] && printf '%s\n' "$path" && return 0
  done
  return 1
}

fusemd_pypi_nvcc() {
  local folder=$1/cuda-pypi
  fusemd_fetch "$folder" "${FUSEMD_CUDA_PACKAGES[@]/%/==$FUSEMD_CUDA_RELEASE.*}" \
    "${FUSEMD_CUDA_TOOLS[@]}" || return 1
  local nvcc
  nvcc=$(fusemd_wheel_tool "$folder" nvcc) && [ -n "$(fusemd_nvcc_release "$nvcc")" ] &&
    printf '%s\n' "$nvcc"
}

# fusemd_nvdisasm FOLDER NVCC: beside the compiler, in PATH, or fetched (5 MB).
fusemd_nvdisasm() {
  local beside
  beside=$(dirname "$2")/nvdisasm
  [ -x "$beside" ] && printf '%s\n' "$beside" && return 0
  command -v nvdisasm && return 0
  fusemd_fetch "$1/cuda-tools" "${FUSEMD_CUDA_TOOLS[@]}" && fusemd_wheel_tool "$1/cuda-tools" nvdisasm
}

# fusemd_compute_sanitizer FOLDER NVCC: beside the compiler, in PATH, or fetched (53 MB).
fusemd_compute_sanitizer() {
  local beside
  beside=$(dirname "$2")/compute-sanitizer
  [ -x "$beside" ] && printf '%s\n' "$beside" && return 0
  command -v compute-sanitizer && return 0
  fusemd_fetch "$1/cuda-sanitizer" "${FUSEMD_CUDA_SANITIZER[@]}" &&
    fusemd_wheel_tool "$1/cuda-sanitizer" compute-sanitizer
}

fusemd_find_nvcc() {
  local folder forced=${FUSEMD_NVCC:-}
  mkdir -p "$1" || return 1
  folder=$(cd "$1" && pwd) || return 1
  FUSEMD_NVCC_KIND=none FUSEMD_NVCC_PATH='' FUSEMD_NVDISASM=''
  FUSEMD_CMAKE_CUDA=(-DFUSEMD_WITH_CUDA=OFF)
  case $forced in
    '' | system | pypi | none) ;;
    *)
      echo "nvcc: FUSEMD_NVCC is \"$forced\"; it may be system, pypi or none" >&2
      return 1
      ;;
  esac
  if [ "$forced" = system ] || [ -z "$forced" ]; then
    FUSEMD_NVCC_PATH=$(fusemd_system_nvcc) && FUSEMD_NVCC_KIND=system
  fi
  if [ "$forced" = pypi ] || { [ -z "$forced" ] && [ "$FUSEMD_NVCC_KIND" = none ]; }; then
    FUSEMD_NVCC_PATH=$(fusemd_pypi_nvcc "$folder") && FUSEMD_NVCC_KIND=pypi
  fi
  if [ "$FUSEMD_NVCC_KIND" = none ]; then
    if [ -n "$forced" ] && [ "$forced" != none ]; then
      echo "nvcc: FUSEMD_NVCC=$forced, but there is no such compiler here" >&2
      return 1
    fi
    if [ -z "$forced" ] && [ -n "${CI:-}" ]; then
      echo 'nvcc: none found, and CI is set; say FUSEMD_NVCC=none if that is meant' >&2
      return 1
    fi
    echo "nvcc: none${forced:+ (forced)}: kernels run from source only, no PTX and no budgets"
  else
    FUSEMD_NVDISASM=$(fusemd_nvdisasm "$folder" "$FUSEMD_NVCC_PATH") || FUSEMD_NVDISASM=''
    FUSEMD_CMAKE_CUDA=(-DFUSEMD_WITH_CUDA=ON "-DCMAKE_CUDA_COMPILER=$FUSEMD_NVCC_PATH"
                       "-DFUSEMD_NVDISASM=$FUSEMD_NVDISASM")
    echo "nvcc: $FUSEMD_NVCC_KIND${forced:+ (forced)}, release" \
      "$(fusemd_nvcc_release "$FUSEMD_NVCC_PATH"), $FUSEMD_NVCC_PATH;" \
      "disassembler: ${FUSEMD_NVDISASM:-none}"
  fi
  export FUSEMD_NVCC_KIND FUSEMD_NVCC_PATH FUSEMD_NVDISASM
}
