// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

namespace fusemd::benchmarks {

/// The value below which a share q of the samples lies, between two samples linearly; NaN if there
/// are none.
double quantile(std::vector<double> samples, double q);

double median(std::vector<double> samples);

/// What is printed of repeated timings.
struct Summary {
  double median = 0.0;
  double p1 = 0.0;      ///< first percentile: of times, the machine undisturbed
  double p99 = 0.0;     ///< and of rates
  double spread = 0.0;  ///< half of what lies between the quartiles, over the median
  std::size_t count = 0;
};

Summary summarise(const std::vector<double>& samples);

/// Relative standard error of the median: 1.2533 sigma / sqrt(n), sigma from the quartiles, so that
/// a few disturbed samples do not count. Infinite with fewer than five samples.
double median_error(const std::vector<double>& samples);

/// Probability that samples of one distribution order as well as these do into "b above a": the
/// one-sided test of Mann and Whitney, exact (no normal approximation), ties counted half.
///
/// Source   Mann & Whitney, Ann. Math. Stat. 18, 50 (1947).
/// Needs    at most 20 samples each: the exact count is a table of their product.
double probability_not_above(std::span<const double> a, std::span<const double> b);

}  // namespace fusemd::benchmarks
