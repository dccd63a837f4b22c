// SPDX-License-Identifier: MIT
#pragma once

#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

/// Requires forces and virial to be the derivatives of the energy: slopes along random directions
/// in the space of all coordinates, and by each of the nine strains, from five-point differences of
/// the energy.
void require_gradient(const Engine& engine,
                      const Potential& potential,
                      const System& system,
                      Random& random,
                      int n_directions);

}  // namespace fusemd::test
