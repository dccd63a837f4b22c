// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "benchmarks/micro/cpu_fixture.hpp"
#include "host/cpu/instruction_set.hpp"
#include "host/vec3.hpp"
#include "weights/model.hpp"

namespace fusemd::benchmarks {

/// What the stages of an evaluation should leave behind, and who says so.
struct ExpectedOutputs {
  StageOutputs outputs;
  std::string from;
};

/// Small molecules: the reference engine, with exact filters in double precision. Large ones: the
/// CPU engine's stages in double precision, with the filters asked for.
ExpectedOutputs expected_outputs(const Model& model,
                                 bool exact,
                                 cpu::InstructionSet set,
                                 std::span<const int> atomic_numbers,
                                 std::span<const Vec3> positions);

/// Largest deviation over the largest value expected. NaN where a value is not a number, or where
/// there are more of them or fewer.
double deviation(const std::vector<double>& actual, const std::vector<double>& expected);

/// Of single precision: rounding grows over up to three layers to some 1e-5 of the largest value; a
/// table of 512 intervals adds 4e-6 of relative force error (docs/decisions/002), more in single
/// channels.
inline constexpr double kStageTolerance = 2e-4;

}  // namespace fusemd::benchmarks
