// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace fusemd {

/// The larger one, and NaN if either is: a NaN must not pass as small, nor be forgotten.
inline double larger_or_nan(double a, double b) { return std::isnan(b) || b > a ? b : a; }

}  // namespace fusemd
