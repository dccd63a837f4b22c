// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "host/potential.hpp"
#include "host/structure.hpp"
#include "weights/model.hpp"

namespace fusemd::validate {

/// What the exact energy of molecules never does, measured on a model; largest over all frames.
struct Invariance {
  double translation = 0.0;       ///< change of energy, eV
  double rotation = 0.0;          ///< change of energy, eV
  double rotated_force = 0.0;     ///< |F(R r) - R F(r)|, eV/Angstrom
  double permutation = 0.0;       ///< change of energy when like atoms swap names, eV
  double net_force = 0.0;         ///< length of the sum of forces, eV/Angstrom
  double net_torque = 0.0;        ///< length of the sum of r x F about the centre, eV
  double force_difference = 0.0;  ///< forces against central differences of the energy, eV/Angstrom
  double cutoff_energy =
      0.0;                    ///< jump of a pair's energy at the cutoff, eV, over pairs of elements
  double cutoff_force = 0.0;  ///< jump of its force, eV/Angstrom
};

/// Needs    an engine in double precision, where all of these are rounding (force_difference: the
///          error of central differences, about 1e-8).
/// Work     about 6 n + 8 evaluations a frame, so a few frames will do.
Invariance measure_invariance(const Potential& potential,
                              const Model& model,
                              std::span<const Structure> frames);

}  // namespace fusemd::validate
