// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <numbers>

namespace fusemd {

// The scalar formulas of the student architecture in double; equation numbers are those of
// docs/model.md. Host code that needs one takes it from here.

/// 1 / (1 + exp(-x)). exp overflows to infinity for x < -709, where the quotient is 0 as it should
/// be.
inline double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// SiLU(x) = x logistic(x).
inline double silu(double x) { return x * logistic(x); }

/// SiLU'(x), the S' of (B1), (B3) and (B10).
inline double silu_slope(double x) {
  const double p = logistic(x);
  return p * (1.0 + x * (1.0 - p));
}

/// A function of distance and its derivative.
struct ValueAndSlope {
  double value = 0.0;
  double slope = 0.0;  ///< 1/Angstrom times the value's unit
};

/// fc(d) = (cos(pi d / rc) + 1) / 2 for d < rc, else 0: equation (3), and fc' of (B11).
///
/// fc and fc' both vanish continuously at d = rc, so there the limit from inside and the value
/// outside are the same number, 0.
inline ValueAndSlope cutoff_function(double distance, double cutoff) {
  if (!(distance < cutoff)) return {};
  const double k = std::numbers::pi / cutoff;
  return {0.5 * (std::cos(k * distance) + 1.0), -0.5 * k * std::sin(k * distance)};
}

/// g(d) = exp(-gamma (d - mu)^2), equation (2), and its derivative.
inline ValueAndSlope radial_gaussian(double distance, double center, double gamma) {
  const double x = distance - center;
  const double g = std::exp(-gamma * x * x);
  return {g, -2.0 * gamma * x * g};
}

}  // namespace fusemd
