// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include "host/md/rigid_motion.hpp"
#include "host/md/velocities.hpp"
#include "host/md/velocity_verlet.hpp"
#include "host/units.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/md_fixture.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

DynamicsParameters nve(double timestep, std::int64_t n_f = 3) {
  return {.ensemble = Ensemble::nve, .timestep = timestep, .degrees_of_freedom = n_f};
}

/// RMS of the total energy about its mean over `duration` fs.
double energy_error(SingleReplica replica, double duration) {
  REQUIRE(replica.start());
  const double dt = replica.dynamics.parameters().timestep;
  const auto n = static_cast<std::int64_t>(duration / dt);
  double mean = 0.0, sum2 = 0.0;
  for (std::int64_t k = 1; k <= n; ++k) {
    REQUIRE(replica.run(1));
    const double e = replica.state.total_energy();
    const double difference = e - mean;
    mean += difference / static_cast<double>(k);
    sum2 += difference * (e - mean);
  }
  return std::sqrt(sum2 / static_cast<double>(n));
}

}  // namespace

TEST_CASE("acceleration has the units of ASE's time") {
  // ASE: 1 fs = 0.09822694788464063 Angstrom sqrt(amu/eV) (CODATA 2014, hence 1e-8).
  require_close(units::kAccelerationPerForce, 0.09822694788464063 * 0.09822694788464063,
                {.relative = 2e-8, .why = "another CODATA year"});
}

TEST_CASE("a harmonic oscillator moves along velocity Verlet's closed form") {
  // r(n dt) = r0 cos(n theta) with cos(theta) = 1 - (omega dt)^2 / 2, for v0 = 0.
  const double k = 30.0, mass = 1.008, dt = 0.5, r0 = 0.1;
  SingleReplica replica(wells({k, k, k}), nve(dt), {mass}, {{r0, 0, 0}});
  REQUIRE(replica.start());
  const double omega = 0.09822694788464063 * std::sqrt(k / mass);  // 1/fs
  const double theta = std::acos(1.0 - 0.5 * omega * omega * dt * dt);
  for (int n = 1; n <= 1000; ++n) {
    REQUIRE(replica.run(1));
    require_close(replica.state.positions[0].x, r0 * std::cos(n * theta),
                  {.absolute = 1000 * 1e-8 * r0, .why = "1000 steps with ASE's constant"});
  }
}

TEST_CASE("the energy error falls by four when the time step is halved") {
  const double duration = 2000.0;
  const auto ratio = [&](const auto& make) {
    return energy_error(make(1.0), duration) / energy_error(make(0.5), duration);
  };
  const double harmonic = ratio([](double dt) {
    SingleReplica replica(wells({20, 30, 40}), nve(dt), {12.011}, {{0.1, 0.1, 0.1}});
    return replica;
  });
  const double morse_pair = ratio([](double dt) {  // H35Cl-like
    return SingleReplica(morse(4.6, 1.8, 1.27), nve(dt, 1), {12.011, 35.45},
                         {{0, 0, 0}, {1.35, 0, 0}});
  });
  const double lj_pair = ratio([](double dt) {
    return SingleReplica(lennard_jones(0.3, 2.0), nve(dt, 1), {4.0, 4.0}, {{0, 0, 0}, {2.5, 0, 0}});
  });
  for (const double value : {harmonic, morse_pair, lj_pair}) {
    INFO("ratio " << value);
    REQUIRE(value > 3.4);
    REQUIRE(value < 4.6);
  }
}

TEST_CASE("motion runs backwards when velocities are turned round") {
  SingleReplica replica(morse(4.6, 2.2, 1.0), nve(0.5), kBentMasses, kBent);
  draw_velocities({.seed = 3, .temperature = 1000.0}, kBent, kBentMasses, replica.state.velocities);
  const std::vector<Vec3> start = replica.state.velocities;
  REQUIRE(replica.start());
  REQUIRE(replica.run(2000));
  REQUIRE(max_difference(replica.state.positions, kBent) > 0.01);  // it did move
  for (Vec3& v : replica.state.velocities) v *= -1.0;
  REQUIRE(replica.run(2000));
  for (Vec3& v : replica.state.velocities) v *= -1.0;
  // Rounding errors of 1e-16 a step, magnified by the anharmonic motion.
  REQUIRE(max_difference(replica.state.positions, kBent) < 1e-10);
  REQUIRE(max_difference(replica.state.velocities, start) < 1e-11);
}

TEST_CASE("velocity Verlet keeps momentum and angular momentum") {
  SingleReplica replica(morse(4.6, 2.2, 1.0), nve(0.5), kBentMasses, kBent);
  replica.state.velocities = {{0.001, 0.002, 0.003}, {-0.01, 0.02, 0.01}, {0.02, -0.01, 0.01}};
  REQUIRE(replica.start());
  const Vec3 p = momentum(replica.state.velocities, kBentMasses);
  const Vec3 l = angular_momentum(kBent, replica.state.velocities, kBentMasses);
  REQUIRE(replica.run(20'000));
  // 20,000 steps of rounding of numbers of order 0.1, as a random walk: 1e-17 * 140.
  REQUIRE(norm(momentum(replica.state.velocities, kBentMasses) - p) < 1e-13);
  REQUIRE(norm(angular_momentum(replica.state.positions, replica.state.velocities, kBentMasses) -
               l) < 1e-13);
}

TEST_CASE("steps made at once or in pieces have the same bits") {
  const auto run = [](const std::vector<std::int64_t>& pieces) {
    SingleReplica replica(morse(4.6, 2.2, 1.0), nve(0.5), kBentMasses, kBent);
    draw_velocities({.seed = 3, .temperature = 800.0}, kBent, kBentMasses,
                    replica.state.velocities);
    REQUIRE(replica.start());
    for (const std::int64_t piece : pieces) REQUIRE(replica.run(piece));
    return replica.state;
  };
  REQUIRE(run({1000}) == run({1, 0, 331, 2, 666}));
}
