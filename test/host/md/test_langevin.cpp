// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <vector>

#include "host/md/langevin.hpp"
#include "host/md/velocities.hpp"
#include "host/units.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/md_fixture.hpp"
#include "test/support/statistics.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr std::uint64_t kSeed = 4711;
constexpr double kT = 500.0;  // K

DynamicsParameters langevin(double timestep, double friction) {
  return {.ensemble = Ensemble::langevin,
          .timestep = timestep,
          .friction = friction,
          .degrees_of_freedom = 3};
}

SingleReplica one_atom(const EnergyFunction& energy,
                       const DynamicsParameters& parameters,
                       double mass,
                       std::int32_t number) {
  SingleReplica replica(energy, parameters, {mass}, {{0, 0, 0}});
  replica.state.seed = kSeed;
  replica.state.replica = number;
  replica.state.temperature = kT;
  draw_velocities({.seed = kSeed,
                   .replica = number,
                   .temperature = kT,
                   .ensemble = Ensemble::langevin,
                   .exact_temperature = false},
                  replica.state.positions, std::vector{mass}, replica.state.velocities);
  REQUIRE(replica.start());
  return replica;
}

}  // namespace

TEST_CASE(
    "BAOAB samples a harmonic well with the exact variance of positions, also at large steps") {
  const double k = 25.0, mass = 1.008, dt = 2.4;
  const double omega_dt = dt * std::sqrt(k / mass * units::kAccelerationPerForce);
  REQUIRE(omega_dt > 1.1);  // so large that an integrator of second order alone is off by 30 %
  std::vector<double> positions2, velocities2;
  for (std::int32_t number = 0; number < 200; ++number) {
    SingleReplica replica = one_atom(wells({k, k, k}), langevin(dt, 0.05), mass, number);
    REQUIRE(replica.run(200));  // 24 relaxation times
    double x2 = 0.0, v2 = 0.0;
    constexpr int n = 4000;
    for (int step = 0; step < n; ++step) {
      REQUIRE(replica.run(1));
      x2 += dot(replica.state.positions[0], replica.state.positions[0]) / (3.0 * n);
      v2 += dot(replica.state.velocities[0], replica.state.velocities[0]) / (3.0 * n);
    }
    positions2.push_back(x2);
    velocities2.push_back(v2);
  }
  const Moments x = moments(positions2), v = moments(velocities2);
  const double exact_x = units::kBoltzmann * kT / k;
  const double exact_v = units::kBoltzmann * kT * units::kAccelerationPerForce / mass;
  INFO("seed " << kSeed << ", relative error bar " << x.error / exact_x);
  REQUIRE(x.error / exact_x < 0.005);
  require_close(x.mean, exact_x, {.absolute = 3.3 * x.error, .why = "3.3 sigma, level 1e-3"});
  // Velocities: (1 - (omega dt)^2 / 4) k_B T / m.
  require_close(v.mean, exact_v * (1.0 - 0.25 * omega_dt * omega_dt),
                {.absolute = 3.3 * v.error, .why = "3.3 sigma, level 1e-3"});
}

TEST_CASE("Langevin kinetic energy has the Maxwell-Boltzmann distribution") {
  std::vector<double> cdf;
  const auto parameters = langevin(0.5, 0.02);
  for (std::int32_t number = 0; number < 4000; ++number) {
    SingleReplica replica = one_atom(double_well(0.05, 0.8, 2.0), parameters, 12.011, number);
    replica.state
        .velocities[0] = {};  // as far from equilibrium as can be: the test needs the noise
    replica.state.positions[0] = {0.8, 0, 0};
    REQUIRE(replica.start());
    REQUIRE(replica.run(1000));  // 10 relaxation times
    cdf.push_back(gamma_cdf(1.5, replica.state.kinetic_energy / (units::kBoltzmann * kT)));
  }
  std::sort(cdf.begin(), cdf.end());
  const double p = kolmogorov_smirnov_p(cdf);
  INFO("seed " << kSeed << ", p " << p);
  REQUIRE(p > kLevel);
}

TEST_CASE("a double well is visited with Boltzmann's weights") {
  // Share of |x| < a/2 from numerical integration of exp(-V / k_B T).
  const double barrier = 0.08, a = 0.7;
  double inside = 0.0, all = 0.0;
  for (double x = -3.0; x < 3.0; x += 1e-4) {
    const double u = x * x / (a * a) - 1.0;
    const double weight = std::exp(-barrier * u * u / (units::kBoltzmann * kT));
    all += weight;
    if (std::abs(x) < 0.5 * a) inside += weight;
  }
  std::vector<double> shares;
  for (std::int32_t number = 0; number < 200; ++number) {
    SingleReplica replica =
        one_atom(double_well(barrier, a, 2.0), langevin(2.0, 0.02), 12.011, number);
    replica.state.positions[0] = {number % 2 == 0 ? a : -a, 0, 0};
    REQUIRE(replica.start());
    REQUIRE(replica.run(500));
    int count = 0;
    constexpr int n = 500;
    for (int sample = 0; sample < n; ++sample) {
      REQUIRE(replica.run(10));
      if (std::abs(replica.state.positions[0].x) < 0.5 * a) ++count;
    }
    shares.push_back(static_cast<double>(count) / n);
  }
  const Moments share = moments(shares);
  INFO("seed " << kSeed << ", expected " << inside / all << ", error bar " << share.error);
  REQUIRE(share.error < 0.01);
  require_close(share.mean, inside / all, {.absolute = 3.3 * share.error, .why = "3.3 sigma"});
}

TEST_CASE("the velocity of a free particle forgets itself as exp(-friction t), and it diffuses") {
  const double friction = 0.01, dt = 1.0, mass = 4.002602;
  constexpr int kReplicas = 20'000;
  constexpr int kLags[] = {10, 50, 100, 200};
  std::vector<std::vector<double>> products(4);
  std::vector<double> square_distances;
  const double variance = units::kBoltzmann * kT * units::kAccelerationPerForce / mass;
  for (std::int32_t number = 0; number < kReplicas; ++number) {
    SingleReplica replica = one_atom(free_particles(), langevin(dt, friction), mass, number);
    const Vec3 v0 = replica.state.velocities[0];
    for (std::size_t lag = 0; lag < 4; ++lag) {
      REQUIRE(replica.run(kLags[lag] - replica.state.step));
      products[lag].push_back(dot(v0, replica.state.velocities[0]) / (3.0 * variance));
    }
    square_distances.push_back(dot(replica.state.positions[0], replica.state.positions[0]));
  }
  for (std::size_t lag = 0; lag < 4; ++lag) {
    const Moments m = moments(products[lag]);
    INFO("seed " << kSeed << ", lag " << kLags[lag]);
    require_close(m.mean, std::exp(-friction * kLags[lag] * dt),
                  {.absolute = 3.3 * m.error, .why = "3.3 sigma"});
  }
  // <r^2> = 6 D (t - (1 - exp(-g t)) / g) with D = k_B T / (m g); BAOAB's sum over steps instead of
  // the integral replaces g by 2 tanh(g dt / 2) / dt, less than 1e-5 away.
  const double t = 200.0;
  const double expected =
      6.0 * variance / friction * (t - (1.0 - std::exp(-friction * t)) / friction);
  const Moments m = moments(square_distances);
  require_close(m.mean, expected, {.absolute = 3.3 * m.error, .why = "3.3 sigma"});
}

TEST_CASE("Langevin's conserved energy drifts with neither noise nor friction") {
  SingleReplica replica = one_atom(wells({20, 30, 40}, 5.0), langevin(0.25, 0.01), 12.011, 1);
  const double start = replica.state.conserved_energy();
  double worst = 0.0;
  for (int k = 0; k < 2000; ++k) {
    REQUIRE(replica.run(10));
    worst = std::max(worst, std::abs(replica.state.conserved_energy() - start));
    REQUIRE(std::isfinite(replica.state.conserved_energy()));
  }
  // Heat flows both ways all the time (100 times the bound and more); the rest is the time step's.
  INFO("worst deviation " << worst << " eV, heat " << replica.state.heat);
  REQUIRE(worst < 2e-3);
}

TEST_CASE("without friction BAOAB is velocity Verlet") {
  SingleReplica replica = one_atom(wells({20, 30, 40}, 5.0), langevin(0.5, 0.0), 12.011, 1);
  DynamicsParameters parameters = langevin(0.5, 0.0);
  parameters.ensemble = Ensemble::nve;
  SingleReplica verlet = one_atom(wells({20, 30, 40}, 5.0), parameters, 12.011, 1);
  REQUIRE(replica.run(1000));
  REQUIRE(verlet.run(1000));
  REQUIRE(replica.state.heat == 0.0);
  // Two half drifts round differently from one whole.
  REQUIRE(max_difference(replica.state.positions, verlet.state.positions) < 1e-12);
}

TEST_CASE("Langevin steps made at once or in pieces have the same bits") {
  const auto run = [](const std::vector<std::int64_t>& pieces) {
    SingleReplica replica = one_atom(wells({20, 30, 40}, 5.0), langevin(0.5, 0.01), 12.011, 9);
    for (const std::int64_t piece : pieces) REQUIRE(replica.run(piece));
    return replica.state;
  };
  REQUIRE(run({500}) == run({1, 99, 400}));
}
