// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// How far one quantity deviates over many frames.
struct Deviation {
  double largest = 0.0;    ///< NaN if any is NaN
  double rms = 0.0;        ///< over all values compared
  std::size_t frame = 0;   ///< where the largest is, from 0
  std::size_t atom = 0;    ///< of forces, from 0
  std::size_t values = 0;  ///< how many were compared
};

/// Energies and forces of a model against those that frames carry.
struct Parity {
  Deviation energy;  ///< eV, one value a frame
  Deviation force;   ///< eV/Angstrom, one value a component; the largest one of an atom names it

  /// How much the model's own force on the worst atom changes when the atoms move by 1e-7 Angstrom,
  /// eV/Angstrom. A smooth model shows 1e-5 at most; more says that the frame sits on a cusp of the
  /// energy (docs/model.md 5.3), where forces of different programs cannot be compared.
  double force_change_nearby = 0.0;
};

/// Evaluates every frame with `potential` and compares.
///
/// Needs    frames that all have energy and forces.
/// Errors   InputError naming the frame: neither energy nor forces, an element that the model was
/// not
///          trained on, a periodic cell.
/// Result   deterministic for an engine that is.
Parity compare_with_frames(const Potential& potential, std::span<const Structure> frames);

}  // namespace fusemd
