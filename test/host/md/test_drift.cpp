// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include "host/md/drift.hpp"
#include "kernels/random.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/statistics.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr std::uint64_t kSeed = 99;

/// Slopes and their estimated errors from many series of first-order autoregressive noise, x' =
/// keep x + sqrt(1 - keep^2) xi, on a line of slope 0.
struct Experiment {
  double sd_of_slopes = 0.0, mean_error = 0.0;
};
Experiment repeat(double keep, int n_points, int n_series) {
  std::vector<double> slopes, errors;
  for (int series = 0; series < n_series; ++series) {
    TrendFit fit;
    RandomStream stream{kSeed, static_cast<std::uint32_t>(series), 0,
                        RandomPurpose::langevin_noise};
    double x = normal_triple(stream.block(1)).x;
    for (; stream.step < n_points; ++stream.step) {
      fit.add(0.5 * static_cast<double>(stream.step), x);
      x = keep * x + std::sqrt(1.0 - keep * keep) * normal_triple(stream.block(0)).x;
    }
    slopes.push_back(fit.slope());
    errors.push_back(fit.slope_error());
  }
  return {std::sqrt(moments(slopes).variance), moments(errors).mean};
}

}  // namespace

TEST_CASE("a straight line is found exactly, however long") {
  for (const int n : {2, 15, 16, 127, 128, 129, 100'000}) {
    TrendFit fit;
    for (int k = 0; k < n; ++k) fit.add(1e6 + 50.0 * k, -160.0 + 2e-7 * 50.0 * k);
    REQUIRE(fit.count() == n);
    // Values near 160 are rounded to 3e-14, the line spans 1e-5 (n - 1).
    require_close(fit.slope(), 2e-7, {.relative = 1e-8, .why = "rounding of the values"});
    if (n < 16) REQUIRE(std::isnan(fit.slope_error()));
    if (n >= 16) REQUIRE(fit.slope_error() < 1e-12);
  }
  TrendFit empty;
  REQUIRE(std::isnan(empty.slope()));
  REQUIRE(empty.count() == 0);
}

TEST_CASE("a slope agrees with the textbook formula") {
  TrendFit fit;
  std::vector<double> t, y;
  for (int k = 0; k < 1000; ++k) {
    t.push_back(0.3 * k + std::sin(k));
    y.push_back(std::cos(0.7 * k) + 0.001 * k);
    fit.add(t.back(), y.back());
  }
  double mean_t = 0, mean_y = 0, ty = 0, tt = 0;
  for (std::size_t k = 0; k < t.size(); ++k) mean_t += t[k] / 1000.0, mean_y += y[k] / 1000.0;
  for (std::size_t k = 0; k < t.size(); ++k) {
    ty += (t[k] - mean_t) * (y[k] - mean_y);
    tt += (t[k] - mean_t) * (t[k] - mean_t);
  }
  require_close(fit.slope(), ty / tt, {.relative = 1e-10, .why = "rounding of 1000 terms"});
}

TEST_CASE("the error of a slope covers its scatter, for white and for correlated noise") {
  // The maximum over block lengths errs on the high side, by up to 40 %; never by much the other
  // way.
  for (const double keep : {0.0, 0.9, 0.98}) {
    const Experiment e = repeat(keep, 5000, 400);
    INFO("seed " << kSeed << ", memory " << keep << ": scatter " << e.sd_of_slopes << ", estimate "
                 << e.mean_error);
    REQUIRE(e.mean_error > 0.9 * e.sd_of_slopes);
    REQUIRE(e.mean_error < 1.5 * e.sd_of_slopes);
  }
}

TEST_CASE("statistics of a run: units, replicas, missing rows") {
  EnergyStatistics statistics(2);
  // Two molecules of 4 and 2 atoms whose energies per atom rise by 1e-6 eV/fs and 3e-6 eV/fs.
  for (int k = 0; k < 100; ++k) {
    const double time = 10.0 * k;
    statistics.add(0, 4, -100.0 + 4e-6 * time, 300.0 + (k % 2 == 0 ? 10.0 : -10.0));
    statistics.add(1, 2, 7.0 + 6e-6 * time, 300.0 + (k % 2 == 0 ? 10.0 : -10.0));
    statistics.end_of_time(time);
  }
  statistics.end_of_time(2000.0);  // a time without rows changes nothing
  const EnergySummary summary = statistics.summary();
  REQUIRE(summary.samples == 200);
  require_close(summary.drift, 2.0,
                {.relative = 1e-9, .why = "mean slope, 1e6 meV/atom/ps per eV/fs"});
  require_close(summary.mean_temperature, 300.0, {.relative = 1e-12, .why = "rounding"});
  require_close(summary.sd_temperature, 10.0 * std::sqrt(200.0 / 199.0),
                {.relative = 1e-12, .why = "rounding"});
  // A line over 1000 - 10 fs has RMS slope * spacing * sqrt((n^2 - 1) / 12).
  const double spread = 10.0 * std::sqrt((100.0 * 100.0 - 1.0) / 12.0);
  require_close(summary.fluctuation, 1e3 * spread * 1e-6 * std::sqrt((1.0 + 9.0) / 2.0),
                {.relative = 1e-9, .why = "rounding of energies of 100 eV"});

  const EnergySummary nothing = EnergyStatistics(3).summary();
  REQUIRE(nothing.samples == 0);
  REQUIRE(std::isnan(nothing.drift));
}
