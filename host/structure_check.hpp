// SPDX-License-Identifier: MIT
#pragma once

#include "host/structure.hpp"

namespace fusemd {

inline constexpr double kClosestAtoms = 0.3;  ///< Angstrom; the H-H bond is 0.74

/// Refuses a structure that no simulation should start from, whatever file or program it came from.
///
/// Checks   at least one atom; every array one entry an atom; known elements; finite coordinates;
///          positive finite masses; no two atoms closer than kClosestAtoms (images of a periodic
///          cell are not looked at: periodic input is refused elsewhere as long as no model takes
///          it).
/// Work     O(n_atoms) through a hashed cell grid.
/// Errors   InputError that names the structure and, for the first atom at fault, its closest
///          neighbour before it; with a hint if the coordinates look fractional or like nanometres.
void check_structure(const Structure& structure);

}  // namespace fusemd
