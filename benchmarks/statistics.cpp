// SPDX-License-Identifier: MIT
#include "benchmarks/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fusemd::benchmarks {

double quantile(std::vector<double> samples, double q) {
  if (samples.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(samples.begin(), samples.end());
  const double place = q * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (place - static_cast<double>(below)) * (samples[above] - samples[below]);
}

double median(std::vector<double> samples) { return quantile(std::move(samples), 0.5); }

Summary summarise(const std::vector<double>& samples) {
  Summary result;
  result.count = samples.size();
  result.median = median(samples);
  result.p1 = quantile(samples, 0.01);
  result.p99 = quantile(samples, 0.99);
  result.spread = 0.5 * (quantile(samples, 0.75) - quantile(samples, 0.25)) / result.median;
  return result;
}

double median_error(const std::vector<double>& samples) {
  if (samples.size() < 5) return std::numeric_limits<double>::infinity();
  // The quartiles of a normal distribution are 0.6745 sigma from its median.
  return 1.2533 / 0.6745 * summarise(samples).spread /
         std::sqrt(static_cast<double>(samples.size()));
}

double probability_not_above(std::span<const double> a, std::span<const double> b) {
  const std::size_t m = a.size(), n = b.size();
  if (m == 0 || n == 0) return 1.0;
  double wins = 0.0;
  for (const double x : a) {
    for (const double y : b) wins += y > x ? 1.0 : (y == x ? 0.5 : 0.0);
  }
  // ways[i][j][u]: orders of i and j samples with u wins; the largest of all is an a or a b.
  const std::size_t most = m * n;
  std::vector<std::vector<std::vector<double>>> ways(
      m + 1, std::vector<std::vector<double>>(n + 1, std::vector<double>(most + 1, 0.0)));
  for (std::size_t i = 0; i <= m; ++i) {
    for (std::size_t j = 0; j <= n; ++j) {
      if (i == 0 || j == 0) {
        ways[i][j][0] = 1.0;
        continue;
      }
      for (std::size_t u = 0; u <= i * j; ++u) {
        ways[i][j][u] = ways[i - 1][j][u] + (u >= i ? ways[i][j - 1][u - i] : 0.0);
      }
    }
  }
  double at_least = 0.0, all = 0.0;
  for (std::size_t u = 0; u <= most; ++u) {
    all += ways[m][n][u];
    if (static_cast<double>(u) >= wins) at_least += ways[m][n][u];
  }
  return at_least / all;
}

}  // namespace fusemd::benchmarks
