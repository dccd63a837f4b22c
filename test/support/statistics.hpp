// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace fusemd::test {

/// P(a, x), the regularised lower incomplete gamma function, a > 0, x >= 0; absolute error < 1e-12.
/// The distribution function of a gamma variate of shape a and scale 1.
double gamma_cdf(double a, double x);

/// Distribution function of the standard normal.
double normal_cdf(double x);

/// Probability that a chi-square variate with n degrees of freedom exceeds `value`.
double chi_square_p(double value, double n);

/// Kolmogorov-Smirnov: the probability of a distance at least as large as that between `sorted`
/// (independent values) and the distribution function `cdf` (asymptotic, for 100 values or more).
/// Given cdf_values[i] = cdf(sorted[i]).
double kolmogorov_smirnov_p(std::span<const double> cdf_values);

/// Mean of independent values and its standard error; variance of single values.
struct Moments {
  double mean = 0.0, error = 0.0, variance = 0.0;
};
Moments moments(std::span<const double> values);

/// Every statistical test here uses fixed seeds and rejects at this level: it fails for a wrong
/// distribution, and never by chance from run to run.
inline constexpr double kLevel = 1e-3;

}  // namespace fusemd::test
