// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weights/model.hpp"

namespace fusemd {

/// Cubic B-spline with uniform knots on [0, length] through given samples of several curves at
/// once.
///
///   f_c(d) = sum over m = 0..3 of  coefficients[k + m][c] B_m(t),   k = floor(d / h), t = d / h -
///   k, h = length / n_intervals,  B_0 = (1-t)^3/6, B_1 = (3t^3 - 6t^2 + 4)/6,
///                              B_2 = (-3t^3 + 3t^2 + 3t + 1)/6, B_3 = t^3/6
///
/// It is twice continuously differentiable, passes through every sample and has the given slopes at
/// both ends, so its own derivative is the exact gradient of the energy computed with it. Source C.
/// de Boor, A Practical Guide to Splines (1978), chapter IV (complete cubic spline).
struct CubicBSpline {
  std::size_t n_intervals = 0;
  std::size_t n_curves = 0;
  double length = 0.0;
  std::vector<double> coefficients;  ///< [n_intervals + 3][n_curves]
};

/// Shapes   samples [n_intervals + 1][n_curves] at d = k h; slopes [n_curves] at d = 0 and d =
/// length. Work     two sweeps of a tridiagonal system for all curves together: 10 flops a sample.
CubicBSpline interpolate(double length,
                         std::size_t n_intervals,
                         std::size_t n_curves,
                         std::span<const double> samples,
                         std::span<const double> first_slopes,
                         std::span<const double> last_slopes);

/// The filters of one layer as a spline on [0, cutoff], built in double from exact values and the
/// exact slopes at both ends (host/filter.hpp): what every engine with tabulated filters computes
/// with, each in its own layout.
///
/// Shapes   n_curves = 3 H: blocks f^s, f^1, f^2.
CubicBSpline filter_spline(const Model& model, int layer, std::size_t n_intervals);

}  // namespace fusemd
