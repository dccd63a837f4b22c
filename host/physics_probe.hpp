// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/potential.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// Two things that the exact energy of molecules never does, measured on a model.
struct PhysicsProbe {
  std::string molecule;         ///< that was turned: "water"
  double rotation_range = 0.0;  ///< largest minus smallest energy over kRotations orientations, eV
  double cutoff_jump = 0.0;     ///< E(rc - 1e-7) - E(rc + 1e-7) of the pair that jumps most, eV
  int z_a = 0, z_b = 0;         ///< atomic numbers of that pair

  static constexpr int kRotations = 30;
};

/// Turns a small molecule of the model's elements (water, ammonia, methane, or else two atoms of
/// its lightest element) and carries every pair of its elements over the cutoff.
///
/// The orientations are fixed: rotations about 30 axes spread evenly over the sphere (Fibonacci
/// lattice), each by another angle.
///
/// Work     30 evaluations of at most five atoms, and two of two atoms for each pair of elements.
/// Result   deterministic for an engine that is. A model without the defects of docs/model.md 5
/// shows
///          rounding, about 1e-13 eV in double.
PhysicsProbe probe_physics(const Potential& potential, const Model& model);

}  // namespace fusemd
