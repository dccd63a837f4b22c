// SPDX-License-Identifier: MIT
#include "host/filter_table.hpp"

#include "host/filter.hpp"

namespace fusemd {

CubicBSpline interpolate(double length,
                         std::size_t n_intervals,
                         std::size_t n_curves,
                         std::span<const double> samples,
                         std::span<const double> first_slopes,
                         std::span<const double> last_slopes) {
  CubicBSpline spline{n_intervals, n_curves, length, {}};
  const std::size_t n = n_intervals;
  const double h = length / static_cast<double>(n);
  spline.coefficients.resize((n + 3) * n_curves);
  double* c = spline.coefficients.data();
  const auto row = [&](std::size_t k) { return c + k * n_curves; };

  // Unknown b_k = coefficients[k], k = 0..n+2. Sample k:  (b_k + 4 b_{k+1} + b_{k+2}) / 6 = f_k;
  // the end slopes (b_2 - b_0) / 2h and (b_{n+2} - b_n) / 2h eliminate b_0 and b_{n+2}. What is
  // left for b_1 .. b_{n+1} is tridiagonal with rows (4 2), (1 4 1) ..., (2 4): diagonally
  // dominant, no pivoting.
  std::vector<double> upper(n + 2);
  for (std::size_t k = 1; k <= n + 1; ++k) {
    const bool first = k == 1, last = k == n + 1;
    const double lower = first ? 0.0 : (last ? 2.0 : 1.0);
    const double pivot = 4.0 - lower * (first ? 0.0 : upper[k - 1]);
    upper[k] = (first ? 2.0 : 1.0) / pivot;
    const double* f = samples.data() + (k - 1) * n_curves;
    double* b = row(k);
    const double* below = row(k - 1);
    for (std::size_t q = 0; q < n_curves; ++q) {
      double right = 6.0 * f[q];
      if (first) right += 2.0 * h * first_slopes[q];
      if (last) right -= 2.0 * h * last_slopes[q];
      b[q] = (right - (first ? 0.0 : lower * below[q])) / pivot;
    }
  }
  for (std::size_t k = n; k >= 1; --k) {
    double* b = row(k);
    const double* above = row(k + 1);
    for (std::size_t q = 0; q < n_curves; ++q) b[q] -= upper[k] * above[q];
  }
  for (std::size_t q = 0; q < n_curves; ++q) {
    row(0)[q] = row(2)[q] - 2.0 * h * first_slopes[q];
    row(n + 2)[q] = row(n)[q] + 2.0 * h * last_slopes[q];
  }
  return spline;
}

CubicBSpline filter_spline(const Model& model, int layer, std::size_t n_intervals) {
  const std::size_t curves = 3 * static_cast<std::size_t>(model.config.hidden_dim);
  const double cutoff = model.config.cutoff;
  std::vector<double> knots(n_intervals + 1);
  for (std::size_t k = 0; k <= n_intervals; ++k) {
    knots[k] = cutoff * static_cast<double>(k) / static_cast<double>(n_intervals);
  }
  const std::vector<double> ends = {knots.front(), knots.back()};
  std::vector<double> values(knots.size() * curves), end_values(2 * curves), slopes(2 * curves);
  evaluate_filters(model, layer, knots, values, {});
  evaluate_filters(model, layer, ends, end_values, slopes);
  return interpolate(cutoff, n_intervals, curves, values, std::span(slopes).first(curves),
                     std::span(slopes).last(curves));
}

}  // namespace fusemd
