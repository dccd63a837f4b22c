// SPDX-License-Identifier: MIT
#include "host/validate/frequency_errors.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "host/elements.hpp"
#include "host/larger.hpp"
#include "host/relax/minimiser.hpp"
#include "host/relax/vibrations.hpp"
#include "weights/error.hpp"

namespace fusemd::validate {

Structure relaxed_copy(const Potential& potential, const Structure& structure) {
  Structure result = structure;
  result.velocities.reset();
  const auto evaluator = potential.make_evaluator(structure.atomic_numbers, structure.cell);
  relax(*evaluator, result.positions, {.steps = 2'000, .progress = {}});
  return result;
}

FrequencyErrors compare_frequencies(const Potential& potential, const Structure& structure) {
  FrequencyErrors result;
  result.teacher = structure.frequencies;
  const auto evaluator = potential.make_evaluator(structure.atomic_numbers, structure.cell);
  std::vector<Vec3> positions = structure.positions;
  const RelaxResult minimum =
      relax(*evaluator, positions, {.force_limit = 1e-4, .steps = 2'000, .progress = {}});
  if (minimum.end != RelaxEnd::converged) {
    result.rms = result.largest = std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  std::vector<double> masses = structure.masses;
  if (masses.empty()) {
    for (const int z : structure.atomic_numbers) masses.push_back(standard_atomic_weight(z));
  }
  for (const NormalMode& mode : normal_modes(*evaluator, positions, masses)) {
    result.model.push_back(mode.wavenumber);
  }
  if (result.model.size() != result.teacher.size()) {
    throw InputError({.file = structure.name,
                      .key = "frequencies_cm1",
                      .problem = "not one frequency for each vibration",
                      .expected = std::to_string(result.model.size()),
                      .found = std::to_string(result.teacher.size())});
  }
  double squares = 0.0;
  for (std::size_t k = 0; k < result.model.size(); ++k) {
    const double error = std::abs(result.model[k] - result.teacher[k]);
    squares += error * error;
    result.largest = larger_or_nan(result.largest, error);
  }
  result.rms = std::sqrt(squares / static_cast<double>(result.model.size()));
  return result;
}

}  // namespace fusemd::validate
