// SPDX-License-Identifier: MIT
#include "test/support/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "host/larger.hpp"

namespace fusemd::test {

double gamma_cdf(double a, double x) {
  if (x <= 0.0) return 0.0;
  // x^a e^-x / Gamma(a + 1) times the series sum of x^n / ((a+1)...(a+n)); all terms positive.
  const double factor = std::exp(a * std::log(x) - x - std::lgamma(a + 1.0));
  if (factor == 0.0) return x > a ? 1.0 : 0.0;
  double term = 1.0, sum = 1.0;
  for (double n = a + 1.0; term > 1e-17 * sum; n += 1.0) {
    term *= x / n;
    sum += term;
  }
  return std::min(factor * sum, 1.0);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double chi_square_p(double value, double n) { return 1.0 - gamma_cdf(0.5 * n, 0.5 * value); }

double kolmogorov_smirnov_p(std::span<const double> cdf_values) {
  const auto n = static_cast<double>(cdf_values.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < cdf_values.size(); ++i) {
    const auto k = static_cast<double>(i);
    distance =
        larger_or_nan(distance, std::max(cdf_values[i] - k / n, (k + 1.0) / n - cdf_values[i]));
  }
  if (!(distance <= 1.0)) return 0.0;
  // Stephens, J. R. Stat. Soc. B 32, 115 (1970): the correction for finite n.
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  double p = 0.0;
  for (int k = 1; k <= 100; ++k) {
    p += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
  }
  return lambda < 0.2 ? 1.0 : std::clamp(p, 0.0, 1.0);
}

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  Moments result;
  for (const double v : values) result.mean += v / n;
  for (const double v : values)
    result.variance += (v - result.mean) * (v - result.mean) / (n - 1.0);
  result.error = std::sqrt(result.variance / n);
  return result;
}

}  // namespace fusemd::test
