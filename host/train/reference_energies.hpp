// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "host/structure.hpp"

namespace fusemd::train {

struct ReferenceEnergyFit {
  std::map<int, double> energies;  ///< eV by atomic number, of each element given
  std::size_t rank = 0;            ///< combinations of elements that the data determine
  double rms = 0.0;                ///< of what is left, eV/atom
};

/// Constants c_Z such that the sum of an atom's constants comes closest to `energies` (one a
/// structure, eV): least squares over E / n, the shortest solution where the compositions leave
/// some combinations open (a single kind of molecule has rank 1).
///
/// Work     the normal equations of a few elements, solved by Jacobi rotations in double.
ReferenceEnergyFit fit_reference_energies(std::span<const Structure> structures,
                                          std::span<const double> energies,
                                          const std::vector<int>& elements);

}  // namespace fusemd::train
