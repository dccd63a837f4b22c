// SPDX-License-Identifier: MIT
#pragma once

#include "host/structure.hpp"

namespace fusemd {

inline constexpr double kClosestAtoms = 0.3;  ///< Angstrom; the H-H bond is 0.74

/// Refuses a structure whose atoms are not described completely.
///
/// Checks   at least one atom; every array one entry an atom; known elements; finite coordinates
///          and velocities; positive finite masses.
/// Errors   InputError that names the structure, the array and the first atom at fault.
void check_atoms(const Structure& structure);

/// Refuses a structure that no simulation with a trained model should start from, whatever file or
/// program it came from.
///
/// Checks   check_atoms(), a periodic cell is right-handed, and no two atoms closer than
/// kClosestAtoms (images of a periodic cell
///          are not looked at: periodic input is refused elsewhere as long as no model takes it).
/// Work     O(n_atoms) through a hashed cell grid.
/// Errors   InputError that names the structure and, for the first atom at fault, its closest
///          neighbour before it; with a hint if the coordinates look fractional or like nanometres.
void check_structure(const Structure& structure);

}  // namespace fusemd
