// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "benchmarks/micro/baseline.hpp"
#include "benchmarks/statistics.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"

namespace fusemd::test {
namespace {

using namespace fusemd::benchmarks;

const Tolerance kExact{1e-12, 0.0, "a few additions and one division of small numbers"};

/// Blocks as a shared machine gives them: 1.5 % between blocks, 1 % between runs (both wider than
/// measured), one in five with a block that something disturbed, and `slower` times the work.
std::vector<double> run_of(std::mt19937_64& random, double slower) {
  std::normal_distribution<double> normal;
  const double offset = 0.01 * normal(random);
  std::vector<double> blocks(9);
  for (double& block : blocks) {
    block = 1e4 * slower * std::exp(offset + 0.015 * normal(random));
  }
  if (random() % 5 == 0) blocks[random() % blocks.size()] *= 3.0;
  return blocks;
}

}  // namespace

TEST_CASE("quantiles lie on the line between order statistics") {
  const std::vector<double> samples = {4.0, 1.0, 3.0, 2.0, 5.0};
  require_close(median(samples), 3.0, kExact);
  require_close(quantile(samples, 0.0), 1.0, kExact);
  require_close(quantile(samples, 1.0), 5.0, kExact);
  require_close(quantile(samples, 0.1), 1.4, kExact);
  require_close(summarise(samples).spread, 0.5 * (4.0 - 2.0) / 3.0, kExact);
  REQUIRE(std::isnan(median({})));
  REQUIRE(std::isinf(median_error({1.0, 1.0, 1.0, 1.0})));
}

TEST_CASE("the error of a median is that of normal samples") {
  // 1.2533 sigma / sqrt(n) holds for a median of a normal distribution: the spread of many.
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal(100.0, 2.0);
  std::vector<double> medians;
  double estimate = 0.0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> samples(101);
    for (double& sample : samples) sample = normal(random);
    medians.push_back(median(samples));
    estimate += 100.0 * median_error(samples) / kRuns;
  }
  double square = 0.0;
  for (const double m : medians) square += (m - 100.0) * (m - 100.0) / kRuns;
  require_close(estimate / std::sqrt(square), 1.0, {0.1, 0.0, "400 runs know it to 4 %"});
}

TEST_CASE("Mann and Whitney's probabilities are those of counted orders") {
  // Complete separation of m and n samples is one order of (m + n)! / (m! n!).
  require_close(probability_not_above(std::vector<double>{1, 2, 3}, std::vector<double>{4, 5, 6}),
                1.0 / 20.0, kExact);
  require_close(probability_not_above(std::vector<double>{4, 5, 6}, std::vector<double>{1, 2, 3}),
                1.0, kExact);
  const std::vector<double> seven = {1, 2, 3, 4, 5, 6, 7}, later = {8, 9, 10, 11, 12, 13, 14};
  require_close(probability_not_above(seven, later), 1.0 / 3432.0, kExact);
  // Table 1 of the 1947 paper, n = 3, m = 4, U = 1: 0.057 to three digits.
  require_close(
      probability_not_above(std::vector<double>{1, 2, 4}, std::vector<double>{3, 5, 6, 7}),
      2.0 / 35.0, kExact);
}

TEST_CASE("a tenth more work is seen and unchanged runs are not accused") {
  std::mt19937_64 random(20261128);
  constexpr std::size_t kCases = 300, kRuns = 10;
  const auto gate = [&](const std::vector<double>& then, double slower) {
    for (int k = 0; k < kMeasurements; ++k) {
      if (!compare("case", then, run_of(random, slower), kCases).slower) return false;
    }
    return true;
  };
  std::size_t accused = 0, seen = 0;
  for (std::size_t k = 0; k < kCases * kRuns; ++k) {
    const std::vector<double> then = run_of(random, 1.0);
    accused += gate(then, 1.0) ? 1U : 0U;
    seen += gate(then, 1.1) ? 1U : 0U;
  }
  CHECK(accused == 0);
  CHECK(seen >= kCases * kRuns * 95 / 100);
}

TEST_CASE("improvements are told apart, and NaN is a regression") {
  std::mt19937_64 random(3);
  const std::vector<double> then = run_of(random, 1.0), now = run_of(random, 0.8);
  const Comparison better = compare("better", then, now, 10);
  CHECK(better.faster);
  CHECK_FALSE(better.slower);
  const std::vector<double> broken(9, std::numeric_limits<double>::quiet_NaN());
  CHECK(compare("broken", then, broken, 10).slower);
}

}  // namespace fusemd::test
