# SPDX-License-Identifier: MIT
# Finds the CUDA compiler and says how kernels are compiled. Included by the top-level list, because a
# language that is enabled in a folder is known only there.

set(FUSEMD_WITH_CUDA AUTO CACHE STRING
    "compile the CUDA kernels: ON, OFF, or AUTO (ON if there is a compiler of release 12.8 or later and \
this is no sanitizer build)")
set_property(CACHE FUSEMD_WITH_CUDA PROPERTY STRINGS AUTO ON OFF)
set(FUSEMD_NVDISASM "" CACHE FILEPATH "nvdisasm, to check the SASS counts of test/simt/budgets against")

# Every part from Turing on, and PTX for what comes later: what a release holds, and what the budgets
# in test/simt/budgets are kept for.
set(FUSEMD_CUDA_ALL_ARCHITECTURES 75 80 86 89 90 100 120)
# Compiling all of them makes every kernel file seven times as slow, so other
# builds hold PTX alone, which the driver compiles when the program starts: the oldest runs on every
# part, the newest has the tensor-core and asynchronous-copy paths.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(cuda_default all)
else()
  set(cuda_default ptx)
endif()
set(FUSEMD_CUDA_ARCHITECTURES ${cuda_default} CACHE STRING
    "ptx, all, or a list as CMAKE_CUDA_ARCHITECTURES takes it (native is for this machine's GPU)")

set(FUSEMD_CUDA OFF)
if(FUSEMD_WITH_CUDA STREQUAL "AUTO" AND "$ENV{FUSEMD_NVCC}" STREQUAL "none")
  message(STATUS "CUDA: off, FUSEMD_NVCC=none")
elseif(FUSEMD_WITH_CUDA STREQUAL "AUTO" AND (FUSEMD_SANITIZE OR FUSEMD_FUZZERS))
  message(STATUS "CUDA: off in sanitizer builds")
elseif(FUSEMD_WITH_CUDA)
  if(FUSEMD_CUDA_ARCHITECTURES STREQUAL "ptx")
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual 120-virtual)
  elseif(FUSEMD_CUDA_ARCHITECTURES STREQUAL "all")
    list(TRANSFORM FUSEMD_CUDA_ALL_ARCHITECTURES APPEND -real OUTPUT_VARIABLE CMAKE_CUDA_ARCHITECTURES)
    list(APPEND CMAKE_CUDA_ARCHITECTURES 120-virtual)
  else()
    set(CMAKE_CUDA_ARCHITECTURES ${FUSEMD_CUDA_ARCHITECTURES})
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.8)
      set(FUSEMD_CUDA ON)
      message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION}, "
                     "for ${CMAKE_CUDA_ARCHITECTURES}")
    else()
      message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} is ${CMAKE_CUDA_COMPILER_VERSION}, need 12.8")
    endif()
  endif()
  if(NOT FUSEMD_CUDA)
    if(NOT FUSEMD_WITH_CUDA STREQUAL "AUTO")
      message(FATAL_ERROR "FUSEMD_WITH_CUDA is ON, but there is no CUDA compiler of release 12.8 or later")
    endif()
    message(STATUS "CUDA: no compiler, so no kernels for GPUs in this build")
  endif()
endif()

# CMake 3.25 does not know that nvcc has C++20; CXX_STANDARD 20 would be refused for CUDA, too. fmad: as in C++, a fused
# multiply-add is written by name, so that a kernel computes the same from source and from PTX.
# 20238: nvcc 13 misses the launch bounds of a kernel template where it is instantiated, although they are there.
set(FUSEMD_CUDA_LANGUAGE_FLAGS -std=c++20 -fmad=false -diag-suppress=20238)

# fusemd_cuda_target(TARGET): kernels of this target are compiled by these rules.
function(fusemd_cuda_target target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:${FUSEMD_CUDA_LANGUAGE_FLAGS}
      -Xcompiler=-ffp-contract=off,-Wall,-Wextra,-Wshadow,-Wconversion
      -Wreorder -Wmissing-launch-bounds -Wdefault-stream-launch -Xptxas=-warn-spills,-warn-lmem-usage>)
  set_target_properties(${target} PROPERTIES CUDA_STANDARD_REQUIRED OFF)
  if(FUSEMD_WERROR)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings -Xcompiler=-Werror -Xptxas=-Werror>)
  endif()
endfunction()
