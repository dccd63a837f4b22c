// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd::validate {

/// Harmonic frequencies of a model's own minimum against a teacher's, both ascending.
struct FrequencyErrors {
  std::vector<double> model, teacher;  ///< cm-1
  double rms = 0.0, largest = 0.0;     ///< cm-1; NaN if the model has no minimum there
};

/// Relaxes `structure` (which carries the teacher's frequencies) with the model and compares mode
/// by mode in ascending order.
///
/// Needs    an engine in double precision.
/// Errors   InputError naming the frame: another number of frequencies than 3n - 6, or 3n - 5.
FrequencyErrors compare_frequencies(const Potential& potential, const Structure& structure);

/// A copy of the structure at the potential's minimum; forces below 1e-3 eV/Angstrom if it gets
/// there.
Structure relaxed_copy(const Potential& potential, const Structure& structure);

}  // namespace fusemd::validate
