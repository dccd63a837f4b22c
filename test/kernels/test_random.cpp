// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "host/larger.hpp"
#include "kernels/random.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/statistics.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr std::uint64_t kSeed = 20240607;

std::vector<double> normals(std::size_t n, std::uint32_t replica) {
  std::vector<double> values;
  RandomStream stream{kSeed, replica, 0, RandomPurpose::langevin_noise};
  for (; values.size() < n; ++stream.step) {
    const NormalTriple v = normal_triple(stream.block(0));
    values.insert(values.end(), {v.x, v.y, v.z});
  }
  values.resize(n);
  return values;
}

}  // namespace

TEST_CASE("every part of a stream's key and counter changes the block") {
  const RandomStream base{kSeed, 3, 17, RandomPurpose::langevin_noise};
  std::vector<RandomStream> others(8, base);
  others[1].seed ^= 1;
  others[2].seed ^= std::uint64_t{1} << 63;
  others[3].replica = 4;
  others[4].step = 18;
  others[5].step = 17 + (std::int64_t{1} << 47);
  others[6].purpose = RandomPurpose::start_velocity;
  others[7].purpose = RandomPurpose::csvr_kinetic;
  std::set<std::uint64_t> seen;
  for (const RandomStream& stream : others) {
    for (const std::uint32_t index : {0u, 1u, 0xffffffffu}) {
      const PhiloxBlock b = stream.block(index);
      seen.insert((std::uint64_t{b.word[0]} << 32) | b.word[1]);
    }
  }
  REQUIRE(seen.size() == 24);
}

TEST_CASE("uniforms stay inside (0, 1) and are symmetric, exactly") {
  REQUIRE(uniform32(0) == 0x1p-33);
  REQUIRE(uniform32(0xffffffff) == 1.0 - 0x1p-33);
  REQUIRE(uniform52(0, 0) == 0x1p-53);
  REQUIRE(uniform52(0xffffffff, 0xffffffff) == 1.0 - 0x1p-53);
  REQUIRE(uniform52(0x80000000, 0) == 0.5 + 0x1p-53);
}

TEST_CASE("natural_log agrees with the C library") {
  double worst = 0.0;
  const auto compare = [&](double x) {
    const double expected = std::log(x);
    const double error = std::abs(natural_log(x) - expected) / std::max(std::abs(expected), 1e-300);
    worst = larger_or_nan(worst, error);
  };
  RandomStream stream{kSeed, 0, 0, RandomPurpose::csvr_kinetic};
  for (std::uint32_t k = 0; k < 200'000; ++k) {
    const PhiloxBlock b = stream.block(k);
    compare(uniform32(b.word[0]));
    compare(std::ldexp(1.0 + uniform32(b.word[1]), static_cast<int>(b.word[2] % 600) - 300));
    compare(1.0 + (uniform32(b.word[3]) - 0.5) * 1e-6);  // where the logarithm vanishes
  }
  compare(0x1p-33);
  compare(1.0 - 0x1p-53);
  INFO("worst relative error " << worst);
  REQUIRE(
      worst <
      5e-16);  // one rounding is 1.1e-16; the quotient, the sums and the C library have some each
  REQUIRE(natural_log(1.0) == 0.0);
}

TEST_CASE("a number that is none fails the test of a distribution") {
  std::vector<double> cdf(100);
  for (std::size_t i = 0; i < cdf.size(); ++i) cdf[i] = (static_cast<double>(i) + 0.5) / 100.0;
  REQUIRE(kolmogorov_smirnov_p(cdf) > 0.99);
  cdf[50] = std::nan("");  // and finite ones follow
  REQUIRE(kolmogorov_smirnov_p(cdf) == 0.0);
}

TEST_CASE("normal pairs are the Box-Muller formula") {
  RandomStream stream{kSeed, 0, 0, RandomPurpose::langevin_noise};
  std::vector<PhiloxBlock> blocks{{{0, 0, 0, 0}},          {{0xffffffff, 0xffffffff, 0, 0}},
                                  {{1, 0x1fffffff, 0, 0}}, {{1, 0x20000000, 0, 0}},
                                  {{1, 0x7fffffff, 0, 0}}, {{1, 0xe0000000, 0, 0}}};
  for (std::uint32_t k = 0; k < 100'000; ++k) blocks.push_back(stream.block(k));
  double worst = 0.0;
  for (const PhiloxBlock& b : blocks) {
    const NormalPair pair = normal_pair(b.word[0], b.word[1]);
    const double r = std::sqrt(-2.0 * std::log(uniform32(b.word[0])));
    const double phi = 2.0 * 3.14159265358979323846 * uniform32(b.word[1]);
    for (const double error : {pair.first - r * std::cos(phi), pair.second - r * std::sin(phi)}) {
      worst = larger_or_nan(worst, std::abs(error));
    }
  }
  INFO("worst error " << worst);
  // r <= 6.77; the reference's angle, up to 2 pi, is itself rounded to 4e-16.
  REQUIRE(worst < 1e-14);
}

TEST_CASE("normals have the moments and the distribution of the standard normal") {
  const std::size_t n = 1'200'000;
  const std::vector<double> values = normals(n, 5);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double x : values) {
    m1 += x / static_cast<double>(n);
    m2 += x * x / static_cast<double>(n);
    m3 += x * x * x / static_cast<double>(n);
    m4 += x * x * x * x / static_cast<double>(n);
  }
  const double root = std::sqrt(static_cast<double>(n));
  // Variances of the sample moments of a normal: 1, 2, 15, 96. 3.3 sigma is the two-sided level
  // 1e-3.
  require_close(m1, 0.0, {.absolute = 3.3 * std::sqrt(1.0) / root, .why = "3.3 sigma"});
  require_close(m2, 1.0, {.absolute = 3.3 * std::sqrt(2.0) / root, .why = "3.3 sigma"});
  require_close(m3, 0.0, {.absolute = 3.3 * std::sqrt(15.0) / root, .why = "3.3 sigma"});
  require_close(m4, 3.0, {.absolute = 3.3 * std::sqrt(96.0) / root, .why = "3.3 sigma"});

  const std::size_t bins = 100;
  std::vector<double> count(bins, 0.0);
  for (const double x : values) {
    const double u = normal_cdf(x);
    REQUIRE(u > 0.0);
    ++count[std::min(static_cast<std::size_t>(u * static_cast<double>(bins)), bins - 1)];
  }
  const double expected = static_cast<double>(n) / static_cast<double>(bins);
  double chi2 = 0.0;
  for (const double c : count) chi2 += (c - expected) * (c - expected) / expected;
  INFO("seed " << kSeed << ", chi-square " << chi2);
  const double p = chi_square_p(chi2, static_cast<double>(bins - 1));
  REQUIRE(p > kLevel);
  REQUIRE(p < 1.0 - kLevel);
}

TEST_CASE("normals of different replicas and of a step's components are uncorrelated") {
  const std::size_t n = 300'000;
  const std::vector<double> a = normals(n, 1), b = normals(n, 2);
  const double sigma = 1.0 / std::sqrt(static_cast<double>(n));
  double ab = 0.0, next = 0.0;
  for (std::size_t k = 0; k + 1 < n; ++k) {
    ab += a[k] * b[k] / static_cast<double>(n);
    next += a[k] * a[k + 1] / static_cast<double>(n);
  }
  require_close(ab, 0.0, {.absolute = 3.3 * sigma, .why = "3.3 sigma"});
  require_close(next, 0.0, {.absolute = 3.3 * sigma, .why = "3.3 sigma"});
}

TEST_CASE("chi-square variates have the chi-square distribution") {
  REQUIRE(chi_square({kSeed, 0, 0, RandomPurpose::csvr_kinetic}, 1, 0) == 0.0);
  for (const std::int64_t n : {1, 2, 3, 4, 29, 30, 14'999}) {
    const std::size_t count = 20'000;
    std::vector<double> cdf;
    double mean = 0.0;
    RandomStream stream{kSeed, 0, 0, RandomPurpose::csvr_kinetic};
    for (; cdf.size() < count; ++stream.step) {
      const double value = chi_square(stream, 1, n);
      mean += value / static_cast<double>(count);
      cdf.push_back(gamma_cdf(0.5 * static_cast<double>(n), 0.5 * value));
    }
    std::sort(cdf.begin(), cdf.end());
    const double p = kolmogorov_smirnov_p(cdf);
    INFO("seed " << kSeed << ", n " << n << ", p " << p);
    REQUIRE(p > kLevel);
    const auto dof = static_cast<double>(n);
    require_close(mean, dof,
                  {.absolute = 3.3 * std::sqrt(2.0 * dof / static_cast<double>(count)),
                   .why = "3.3 sigma of the mean"});
  }
}
