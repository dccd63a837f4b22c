// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "host/potential.hpp"
#include "host/vec3.hpp"

namespace fusemd {

/// One normal mode of a molecule.
struct NormalMode {
  double wavenumber = 0.0;      ///< cm-1; negative: imaginary, the structure is no minimum
  std::vector<Vec3> direction;  ///< [n_atoms] displacements; the longest has length 1
};

/// Harmonic vibrations about `positions`: central differences of forces, mass-weighted, with
/// translations and rotations projected out exactly (5 of them in a straight molecule, else 6).
///
///   sum_j H_ij q_j = w^2 q_i,   H_ij = d2E/dx_i dx_j / sqrt(m_i m_j)
///
/// Source   Wilson, Decius & Cross, Molecular Vibrations (1955), ch. 2; differences of second
/// order. Shapes   positions [n] Angstrom, masses [n] amu. Result: 3n - 6 or 3n - 5 modes,
/// ascending (none
///          for one atom).
/// Needs    a relaxed structure, an engine in double precision: a displacement of 0.005 Angstrom
///          divides its rounding by 0.01.
/// Work     6n evaluations, then a symmetric eigenproblem of 3n.
std::vector<NormalMode> normal_modes(Evaluator& evaluator,
                                     std::span<const Vec3> positions,
                                     std::span<const double> masses,
                                     double displacement = 0.005);

/// Frames of a mode's motion, one period: positions + amplitude sin(2 pi k / frames) direction.
std::vector<std::vector<Vec3>> animate(std::span<const Vec3> positions,
                                       const NormalMode& mode,
                                       double amplitude,
                                       int frames);

}  // namespace fusemd
