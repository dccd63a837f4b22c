// SPDX-License-Identifier: MIT
#include <cmath>

#include "host/filter_table.hpp"
#include "test/support/close.hpp"

namespace fusemd::test {
namespace {

double spline_value(const CubicBSpline& spline, double d) {
  const double x = d / spline.length * static_cast<double>(spline.n_intervals);
  const auto k = std::min(static_cast<std::size_t>(x), spline.n_intervals - 1);
  const double t = x - static_cast<double>(k), r = 1.0 - t;
  const double weights[4] = {r * r * r / 6, (3 * t * t * t - 6 * t * t + 4) / 6,
                             (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6, t * t * t / 6};
  double value = 0.0;
  for (std::size_t m = 0; m < 4; ++m) {
    value += weights[m] * spline.coefficients[(k + m) * spline.n_curves];
  }
  return value;
}

CubicBSpline of_function(double (*f)(double), double (*df)(double), std::size_t n) {
  std::vector<double> samples;
  for (std::size_t k = 0; k <= n; ++k) {
    samples.push_back(f(5.0 * static_cast<double>(k) / static_cast<double>(n)));
  }
  const double first = df(0.0), last = df(5.0);
  return interpolate(5.0, n, 1, samples, {&first, 1}, {&last, 1});
}

}  // namespace

TEST_CASE("a complete cubic spline reproduces a cubic polynomial") {
  const auto spline = of_function([](double d) { return 2.0 - d + 0.5 * d * d - 0.1 * d * d * d; },
                                  [](double d) { return -1.0 + d - 0.3 * d * d; }, 16);
  for (double d = 0.0; d <= 5.0; d += 0.0137) {
    require_close(spline_value(spline, d), 2.0 - d + 0.5 * d * d - 0.1 * d * d * d,
                  {1e-12, 0.0, "exact up to rounding: cubics are in the spline space"});
  }
}

TEST_CASE("the error of a smooth function falls with the fourth power of the spacing") {
  const auto worst = [](std::size_t n) {
    const auto spline = of_function(
        [](double d) { return std::exp(-4.0 * (d - 2) * (d - 2)); },
        [](double d) { return -8.0 * (d - 2) * std::exp(-4.0 * (d - 2) * (d - 2)); }, n);
    double error = 0.0;
    for (double d = 0.0; d <= 5.0; d += 0.00137) {
      error =
          std::max(error, std::abs(spline_value(spline, d) - std::exp(-4.0 * (d - 2) * (d - 2))));
    }
    return error;
  };
  const double ratio = worst(64) / worst(128);
  INFO("ratio " << ratio);
  REQUIRE((ratio > 13.0 && ratio < 19.0));
}

}  // namespace fusemd::test
