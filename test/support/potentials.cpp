// SPDX-License-Identifier: MIT
#include "test/support/potentials.hpp"

#include <limits>

#include "host/reference/reference_potential.hpp"

namespace fusemd::test {

std::vector<Engine> engines() {
  return {
      {.name = "reference",
       .make = reference::make_reference_potential,
       .energy_noise = 1e-10,
       .force_noise = 1e-10,
       .difference_step = 2e-4,
       .difference_error = 1e-7,
       .why =
           "double precision: totals of up to 2,000 eV carry 1e-12 eV of rounding, so a difference "
           "carries 1e-8 eV/A; truncation (2e-4 A)^4 E^(5) / 30 is far below"},
  };
}

Evaluation evaluate(const Potential& potential, const System& system) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Evaluation result{nan, std::vector<Vec3>(system.size(), Vec3{nan, nan, nan}), {}};
  result.virial.fill(nan);
  const auto evaluator = potential.make_evaluator(system.atomic_numbers);
  result.energy = evaluator->compute(system.positions, result.forces, &result.virial);
  return result;
}

}  // namespace fusemd::test
