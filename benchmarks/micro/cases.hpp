// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "benchmarks/micro/case.hpp"
#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {

/// The axes of the microbenchmark.
struct MicroAxes {
  std::vector<std::string> models;
  std::vector<std::size_t> atoms;
  std::vector<cpu::InstructionSet> sets;
  std::vector<std::size_t> copies;  ///< of the molecule in a batch: on devices
  int device = 0;                   ///< its number
};

/// Every stage of the CPU engine alone, with tables and with exact filters, and whole evaluations.
std::vector<MicroCase> stage_cases(const MicroAxes& axes);

/// The dense microkernel in the shapes of the shipped models, and SiLU.
std::vector<MicroCase> dense_cases(const MicroAxes& axes);

/// The integrator without forces, and sorting into cells: plain C++, no instruction set.
std::vector<MicroCase> dynamics_cases(const MicroAxes& axes);

/// The CUDA kernels alone and together, with hot and with cold caches; empty with the reason in
/// `why_not` where there is no device or no CUDA in this build.
std::vector<MicroCase> cuda_cases(const MicroAxes& axes, std::string& why_not);

}  // namespace fusemd::benchmarks
