// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/random.hpp"

namespace fusemd {

/// What a replica's velocity rescaling depends on besides its kinetic energy.
struct CsvrConstants {
  double sqrt_keep = 0.0;  ///< sqrt(c), c = exp(-dt / tau)
  double refresh = 0.0;    ///< (1 - c) k_B T / 2, eV
  std::int64_t degrees_of_freedom = 0;
};

struct CsvrScale {
  double alpha = 1.0;         ///< of velocities
  double alpha_square = 1.0;  ///< of the kinetic energy
};

/// The factor of stochastic velocity rescaling for one step; equations and source in
/// host/md/csvr.hpp. `stream` has RandomPurpose::csvr_kinetic and the step just made.
///
/// Result   the same bits on every host and device.
FUSEMD_HD inline CsvrScale csvr_scale(const RandomStream& stream,
                                      const CsvrConstants& thermostat,
                                      double kinetic_energy) {
  if (thermostat.degrees_of_freedom == 0 || !(kinetic_energy > 0.0)) return {};
  const PhiloxBlock block = stream.block(0);
  const double r1 = normal_pair(block.word[0], block.word[1]).first;
  const double others = chi_square(stream, 1, thermostat.degrees_of_freedom - 1);
  const double a = thermostat.refresh / kinetic_energy;
  // A7 as a sum of squares: rounding cannot make it negative, and the root's sign is that of A8.
  const double root = thermostat.sqrt_keep + r1 * std::sqrt(a);
  const double alpha_square = root * root + a * others;
  return {std::copysign(std::sqrt(alpha_square), root), alpha_square};
}

}  // namespace fusemd
