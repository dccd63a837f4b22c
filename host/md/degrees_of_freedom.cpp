// SPDX-License-Identifier: MIT
#include "host/md/degrees_of_freedom.hpp"

#include "host/units.hpp"

namespace fusemd {

std::int64_t degrees_of_freedom(Ensemble ensemble, Shape shape, std::int64_t n_atoms) {
  if (ensemble == Ensemble::langevin) return 3 * n_atoms;
  switch (shape) {
    case Shape::atom:
      return 0;
    case Shape::linear:
      return 3 * n_atoms - 5;
    case Shape::bent:
      return 3 * n_atoms - 6;
  }
  return 0;
}

double temperature_of(double kinetic_energy, std::int64_t degrees_of_freedom) {
  if (degrees_of_freedom == 0) return 0.0;
  return 2.0 * kinetic_energy / (static_cast<double>(degrees_of_freedom) * units::kBoltzmann);
}

}  // namespace fusemd
