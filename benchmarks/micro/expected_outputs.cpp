// SPDX-License-Identifier: MIT
#include "benchmarks/micro/expected_outputs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/larger.hpp"

namespace fusemd::benchmarks {
namespace {

/// Up to this many atoms the reference engine answers in a second.
constexpr std::size_t kReferenceUpTo = 100;

}  // namespace

ExpectedOutputs expected_outputs(const Model& model,
                                 bool exact,
                                 cpu::InstructionSet set,
                                 std::span<const int> atomic_numbers,
                                 std::span<const Vec3> positions) {
  if (positions.size() <= kReferenceUpTo) {
    return {reference_outputs(model, atomic_numbers, positions),
            "reference engine, exact filters, double precision"};
  }
  const cpu::PackedModel<double> packed = cpu::pack_model<double>(
      model, {.tabulated = !exact, .panel_width = cpu::kernels<double>(set).panel_width});
  CpuFixture<double> precise(packed, set, atomic_numbers, positions);
  return {stage_outputs(precise), "the CPU's stages in double precision"};
}

double deviation(const std::vector<double>& actual, const std::vector<double>& expected) {
  if (actual.size() != expected.size()) return std::numeric_limits<double>::quiet_NaN();
  double largest = 0.0, scale = 0.0;
  for (std::size_t k = 0; k < actual.size(); ++k) {
    largest = larger_or_nan(largest, std::abs(actual[k] - expected[k]));
    scale = std::max(scale, std::abs(expected[k]));
  }
  return scale > 0.0 ? largest / scale : largest;
}

}  // namespace fusemd::benchmarks
