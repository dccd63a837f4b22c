// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <vector>

#include "host/md/csvr.hpp"
#include "host/md/drift.hpp"
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

constexpr std::uint64_t kSeed = 1234;
constexpr double kT = 500.0;  // K
const double kThermal = units::kBoltzmann * kT;

DynamicsParameters csvr(double timestep, double time, std::int64_t n_f) {
  return {.ensemble = Ensemble::csvr,
          .timestep = timestep,
          .csvr_time = time,
          .degrees_of_freedom = n_f};
}

/// A replica whose kinetic energy is `kinetic`, all of it along x.
SingleReplica with_kinetic_energy(const EnergyFunction& energy,
                                  const DynamicsParameters& parameters,
                                  double kinetic,
                                  std::int32_t number) {
  const double mass = 12.011;
  SingleReplica replica(energy, parameters, {mass}, {{0.01, 0.02, 0.03}});
  replica.state.seed = kSeed;
  replica.state.replica = number;
  replica.state.temperature = kT;
  replica.state.velocities[0].x = std::sqrt(2.0 * kinetic * units::kAccelerationPerForce / mass);
  REQUIRE(replica.start());
  return replica;
}

}  // namespace

TEST_CASE("CSVR gives the kinetic energy its canonical distribution, mean and variance") {
  // Without forces the thermostat alone acts; the start is far off, at four times the temperature.
  for (const std::int64_t n_f : {1, 2, 3, 4, 30}) {
    const auto shape = 0.5 * static_cast<double>(n_f);
    std::vector<double> cdf, kinetic;
    for (std::int32_t number = 0; number < 4000; ++number) {
      SingleReplica replica = with_kinetic_energy(free_particles(), csvr(1.0, 10.0, n_f),
                                                  4.0 * shape * kThermal, number);
      REQUIRE(replica.run(150));  // 15 relaxation times
      kinetic.push_back(replica.state.kinetic_energy / kThermal);
      cdf.push_back(gamma_cdf(shape, kinetic.back()));
    }
    std::sort(cdf.begin(), cdf.end());
    const double p = kolmogorov_smirnov_p(cdf);
    const Moments m = moments(kinetic);
    INFO("seed " << kSeed << ", N_f " << n_f << ", p " << p);
    REQUIRE(p > kLevel);
    require_close(m.mean, shape, {.absolute = 3.3 * m.error, .why = "3.3 sigma"});
    // Variance of the sample variance of a gamma variate: (2 a^2 + 6 a) / n for shape a.
    const double sigma = std::sqrt((2.0 * shape * shape + 6.0 * shape) / 4000.0);
    require_close(m.variance, shape, {.absolute = 3.3 * sigma, .why = "3.3 sigma"});
  }
}

TEST_CASE("CSVR relaxes the mean kinetic energy as exp(-t / tau), at any time step") {
  for (const double dt : {0.5, 5.0, 20.0}) {
    std::vector<double> kinetic;
    for (std::int32_t number = 0; number < 20'000; ++number) {
      SingleReplica replica =
          with_kinetic_energy(free_particles(), csvr(dt, 40.0, 3), 6.0 * kThermal, number);
      REQUIRE(replica.run(static_cast<std::int64_t>(40.0 / dt)));
      kinetic.push_back(replica.state.kinetic_energy / kThermal);
    }
    const Moments m = moments(kinetic);
    INFO("seed " << kSeed << ", dt " << dt);
    require_close(m.mean, 1.5 + (6.0 - 1.5) * std::exp(-1.0),
                  {.absolute = 3.3 * m.error, .why = "3.3 sigma"});
  }
}

TEST_CASE("CSVR samples a coupled well: kinetic, virial and configurational averages") {
  // The coupling makes the motion chaotic. <x dV/dx> = k_B T holds in any potential (virial
  // theorem), and <r^2> is compared with a direct numerical integral.
  const double k = 1.0, coupling = 8.0;
  double weight = 0.0, weight_r2 = 0.0;
  constexpr double kStep = 0.02;
  for (double x = -1.2; x < 1.2; x += kStep) {
    for (double y = -1.2; y < 1.2; y += kStep) {
      for (double z = -1.2; z < 1.2; z += kStep) {
        const double x2 = x * x, y2 = y * y, z2 = z * z;
        const double v = 0.5 * k * (x2 + y2 + z2) + coupling * (x2 * y2 + y2 * z2 + z2 * x2);
        const double w = std::exp(-v / kThermal);
        weight += w;
        weight_r2 += w * (x2 + y2 + z2);
      }
    }
  }
  std::vector<double> kinetic, virial, square;
  for (std::int32_t number = 0; number < 100; ++number) {
    SingleReplica replica = with_kinetic_energy(wells({k, k, k}, coupling), csvr(2.0, 100.0, 3),
                                                1.5 * kThermal, number);
    draw_velocities(
        {.seed = kSeed, .replica = number, .temperature = kT, .ensemble = Ensemble::langevin},
        replica.state.positions, replica.dynamics.masses(), replica.state.velocities);
    REQUIRE(replica.start());
    REQUIRE(replica.run(2000));
    double sum_kinetic = 0.0, sum_virial = 0.0, sum_square = 0.0;
    constexpr int n = 4000;
    for (int sample = 0; sample < n; ++sample) {
      REQUIRE(replica.run(10));
      const ReplicaState& s = replica.state;
      sum_kinetic += s.kinetic_energy / kThermal / n;
      sum_virial -= dot(s.positions[0], s.forces[0]) / kThermal / n;
      sum_square += dot(s.positions[0], s.positions[0]) / n;
    }
    kinetic.push_back(sum_kinetic);
    virial.push_back(sum_virial);
    square.push_back(sum_square);
  }
  const Moments a = moments(kinetic), b = moments(virial), c = moments(square);
  INFO("seed " << kSeed << ", errors " << a.error << ' ' << b.error << ' ' << c.error / c.mean);
  REQUIRE(b.error < 0.03);
  require_close(a.mean, 1.5, {.absolute = 3.3 * a.error, .why = "3.3 sigma"});
  require_close(b.mean, 3.0, {.absolute = 3.3 * b.error, .why = "3.3 sigma"});
  require_close(c.mean, weight_r2 / weight, {.absolute = 3.3 * c.error, .why = "3.3 sigma"});
}

namespace {

SingleReplica molecule(double dt, std::int32_t number, std::int64_t rigid_motion_every = 100) {
  DynamicsParameters parameters = csvr(dt, 50.0, 3);
  parameters.rigid_motion_every = rigid_motion_every;
  SingleReplica replica(morse(4.6, 2.2, 1.0), parameters, kBentMasses, kBent);
  replica.state.seed = kSeed;
  replica.state.replica = number;
  replica.state.temperature = kT;
  draw_velocities({.seed = kSeed, .replica = number, .temperature = kT, .ensemble = Ensemble::csvr},
                  kBent, kBentMasses, replica.state.velocities);
  REQUIRE(replica.start());
  return replica;
}

/// Slopes of the conserved energy of 50 replicas over 10 ps, meV/atom/ps.
std::vector<double> drifts(double dt) {
  std::vector<double> slopes;
  for (std::int32_t number = 0; number < 50; ++number) {
    SingleReplica replica = molecule(dt, number);
    TrendFit fit;
    for (int sample = 0; sample < 2000; ++sample) {
      REQUIRE(replica.run(static_cast<std::int64_t>(5.0 / dt)));
      fit.add(1e-3 * dt * static_cast<double>(replica.state.step),
              1e3 * replica.state.conserved_energy() / 3.0);
    }
    slopes.push_back(fit.slope());
  }
  return slopes;
}

}  // namespace

TEST_CASE("CSVR's conserved energy does not drift but for an error of order dt^2") {
  // A rescaling changes the energy by the heat that is counted, but the time step's energy error by
  // something that is not: a random walk whose steps are of order dt^2.
  const Moments coarse = moments(drifts(0.5)), fine = moments(drifts(0.25));
  INFO("seed " << kSeed << ", slopes " << coarse.mean << " +- " << coarse.error << " and "
               << fine.mean << " +- " << fine.error << " meV/atom/ps");
  // 500 ps at 0.25 fs in all; a wrong heat would show as its whole flow, 100 meV/atom/ps and more.
  REQUIRE(fine.error < 0.05);
  require_close(fine.mean, 0.0, {.absolute = 3.3 * fine.error, .why = "3.3 sigma"});
  require_close(coarse.mean, 0.0, {.absolute = 3.3 * coarse.error, .why = "3.3 sigma"});
  const double ratio = std::sqrt(coarse.variance / fine.variance);
  INFO("ratio " << ratio);
  REQUIRE(ratio > 2.5);  // 4, with the scatter of two standard deviations of 50 values each (14 %)
  REQUIRE(ratio < 6.0);
}

TEST_CASE("CSVR keeps momentum and angular momentum zero, which rescaling alone would not") {
  // Without removal the logarithm of the rounding residue is a random walk of variance
  // t / ((N_f - 2) tau) = 500 after 25 ps: the residue of 1e-17 grows by many orders of magnitude.
  const auto residue = [](std::int64_t every) {
    double largest = 0.0;
    for (std::int32_t number = 0; number < 5; ++number) {
      SingleReplica replica = molecule(0.25, number, every);
      REQUIRE(replica.run(100'000));
      REQUIRE(std::abs(replica.state.heat) > 1e-3);  // it did thermalise
      const auto& s = replica.state;
      largest = std::max({largest, norm(momentum(s.velocities, kBentMasses)),
                          norm(angular_momentum(s.positions, s.velocities, kBentMasses))});
    }
    return largest;
  };
  REQUIRE(residue(100) < 1e-14);
  REQUIRE(residue(0) > 1e-12);
}

TEST_CASE("CSVR leaves a replica without kinetic energy or degrees of freedom alone") {
  SingleReplica resting = with_kinetic_energy(free_particles(), csvr(1.0, 10.0, 3), 0.0, 0);
  REQUIRE(resting.run(10));
  REQUIRE(resting.state.kinetic_energy == 0.0);
  SingleReplica atom = with_kinetic_energy(free_particles(), csvr(1.0, 10.0, 0), 0.01, 0);
  const Vec3 v = atom.state.velocities[0];
  REQUIRE(atom.run(10));
  REQUIRE(atom.state.velocities[0] == v);
  REQUIRE(atom.state.heat == 0.0);
}

TEST_CASE("CSVR steps made at once or in pieces have the same bits") {
  const auto run = [](const std::vector<std::int64_t>& pieces) {
    SingleReplica replica =
        with_kinetic_energy(wells({1, 2, 3}, 5.0), csvr(0.5, 20.0, 3), kThermal, 2);
    for (const std::int64_t piece : pieces) REQUIRE(replica.run(piece));
    return replica.state;
  };
  REQUIRE(run({500}) == run({1, 99, 400}));
}
