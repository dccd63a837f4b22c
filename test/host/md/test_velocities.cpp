// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "host/md/degrees_of_freedom.hpp"
#include "host/md/rigid_motion.hpp"
#include "host/md/velocities.hpp"
#include "host/units.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/md_fixture.hpp"
#include "test/support/statistics.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr std::uint64_t kSeed = 77;
const std::vector<Vec3> kLinear = {{-1.16, 0.0, 0.0}, {0.0, 0.0, 0.0}, {1.16, 0.0, 0.0}};
const std::vector<double> kLinearMasses = {15.999, 12.011, 15.999};

/// Values of the distribution function that 2 K / k_B T should have, sorted.
std::vector<double> kinetic_cdf(Ensemble ensemble,
                                const std::vector<Vec3>& positions,
                                const std::vector<double>& masses,
                                int n_f) {
  std::vector<double> cdf;
  std::vector<Vec3> v(positions.size());
  for (std::int32_t replica = 0; replica < 20'000; ++replica) {
    draw_velocities({.seed = kSeed,
                     .replica = replica,
                     .temperature = 450.0,
                     .ensemble = ensemble,
                     .exact_temperature = false},
                    positions, masses, v);
    cdf.push_back(gamma_cdf(0.5 * n_f, kinetic_energy(v, masses) / (units::kBoltzmann * 450.0)));
  }
  std::sort(cdf.begin(), cdf.end());
  return cdf;
}

}  // namespace

TEST_CASE("drawn velocities have the kinetic energy distribution of their degrees of freedom") {
  const std::vector<Vec3> pair = {{0, 0, 0}, {0.3, 0.4, 0.5}}, atom = {{1, 1, 1}};
  const double p[] = {
      kolmogorov_smirnov_p(kinetic_cdf(Ensemble::nve, kBent, kBentMasses, 3)),
      kolmogorov_smirnov_p(kinetic_cdf(Ensemble::csvr, kLinear, kLinearMasses, 4)),
      kolmogorov_smirnov_p(kinetic_cdf(Ensemble::nve, pair, {1.008, 35.45}, 1)),
      kolmogorov_smirnov_p(kinetic_cdf(Ensemble::langevin, kBent, kBentMasses, 9)),
      kolmogorov_smirnov_p(kinetic_cdf(Ensemble::langevin, atom, {39.948}, 3)),
  };
  for (const double value : p) {
    INFO("seed " << kSeed << ", p " << value);
    REQUIRE(value > kLevel);
  }
  // The test can fail: one degree of freedom too many is noticed.
  REQUIRE(kolmogorov_smirnov_p(kinetic_cdf(Ensemble::nve, kBent, kBentMasses, 4)) < 1e-12);
}

TEST_CASE("the start has the temperature asked for and neither momentum nor angular momentum") {
  std::vector<Vec3> v(3);
  for (const auto& [positions, masses] :
       {std::pair{kBent, kBentMasses}, {kLinear, kLinearMasses}}) {
    for (const Ensemble ensemble : {Ensemble::nve, Ensemble::csvr}) {
      draw_velocities({.seed = kSeed, .replica = 4, .temperature = 300.0, .ensemble = ensemble},
                      positions, masses, v);
      const auto n_f = degrees_of_freedom(ensemble, shape_of(positions, masses), 3);
      require_close(temperature_of(kinetic_energy(v, masses), n_f), 300.0,
                    {.relative = 1e-14, .why = "rounding"});
      // Thermal momenta are of order 0.1 amu Angstrom/fs.
      REQUIRE(norm(momentum(v, masses)) < 1e-15);
      REQUIRE(norm(angular_momentum(positions, v, masses)) < 1e-15);
    }
  }
  draw_velocities({.seed = kSeed, .temperature = 300.0, .ensemble = Ensemble::langevin}, kBent,
                  kBentMasses, v);
  require_close(temperature_of(kinetic_energy(v, kBentMasses), 9), 300.0,
                {.relative = 1e-14, .why = "rounding"});
  REQUIRE(norm(momentum(v, kBentMasses)) > 1e-4);  // Langevin keeps the motion of the whole
}

TEST_CASE("an atom alone under NVE rests; temperature 0 is no velocity") {
  std::vector<Vec3> one{{9, 9, 9}}, three(3, Vec3{9, 9, 9});
  draw_velocities({.seed = 1, .temperature = 300.0}, std::vector<Vec3>{{1, 2, 3}}, std::vector{4.0},
                  one);
  REQUIRE(one[0] == Vec3{});
  draw_velocities({.seed = 1, .temperature = 0.0}, kBent, kBentMasses, three);
  REQUIRE(max_difference(three, std::vector<Vec3>(3)) == 0.0);
}

TEST_CASE("velocities differ between replicas and seeds, and repeat for the same") {
  std::vector<Vec3> a(3), b(3), c(3), d(3);
  VelocityDraw draw{.seed = 5, .replica = 6, .temperature = 300.0};
  draw_velocities(draw, kBent, kBentMasses, a);
  draw_velocities(draw, kBent, kBentMasses, b);
  draw.replica = 7;
  draw_velocities(draw, kBent, kBentMasses, c);
  draw.seed = 6;
  draw_velocities(draw, kBent, kBentMasses, d);
  REQUIRE(a == b);
  REQUIRE(a != c);
  REQUIRE(c != d);
}
