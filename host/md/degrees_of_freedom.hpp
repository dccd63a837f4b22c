// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "host/md/ensemble.hpp"
#include "host/md/rigid_motion.hpp"

namespace fusemd {

/// Number of independent velocity components, N_f, so that T = 2 K / (N_f k_B).
///
///   Langevin     3 N         friction and noise act on every component
///   NVE, CSVR    0           one atom
///                3 N - 5     linear: momentum (3) and two components of angular momentum are zero
///                3 N - 6     bent: momentum (3) and angular momentum (3) are zero
///
/// NVE and CSVR conserve the zero momentum and angular momentum that a replica starts with; no
/// other motion shares in the energy. The shape is the start structure's. docs/numerics.md tells
/// what this count means for a linear molecule that bends on its way.
std::int64_t degrees_of_freedom(Ensemble ensemble, Shape shape, std::int64_t n_atoms);

/// T = 2 K / (N_f k_B) in K; 0 where there is no degree of freedom.
double temperature_of(double kinetic_energy, std::int64_t degrees_of_freedom);

}  // namespace fusemd
