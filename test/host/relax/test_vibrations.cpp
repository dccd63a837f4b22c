// SPDX-License-Identifier: MIT
#include <cmath>
#include <numbers>
#include <vector>

#include "host/relax/vibrations.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;

// sqrt(eV / (amu Angstrom^2)) / (2 pi c) in cm-1, from CODATA 2018's e, amu and c.
const double kWavenumber = std::sqrt(1.602176634e-19 / (1.66053906660e-27 * 1e-20)) /
                           (2.0 * std::numbers::pi * 2.99792458e10);

std::vector<NormalMode> modes_of(const EnergyFunction& function,
                                 const std::vector<Vec3>& positions,
                                 const std::vector<double>& masses) {
  const AnalyticPotential potential(function);
  const std::vector<int> atoms(positions.size(), 1);
  return normal_modes(*potential.make_evaluator(atoms), positions, masses);
}

TEST_CASE("two atoms vibrate with the reduced mass, whatever their axis") {
  // Morse: k = 2 D a^2.
  const double depth = 4.6, a = 1.9, r0 = 0.74, m1 = 1.008, m2 = 15.999;
  const double expected = kWavenumber * std::sqrt(2.0 * depth * a * a * (1.0 / m1 + 1.0 / m2));
  const std::vector<Vec3> ways = {{0.0, 0.0, 1.0}, {0.6, 0.8, 0.0}, {0.48, 0.6, 0.64}};
  for (const Vec3& way : ways) {
    const std::vector<Vec3> positions = {{3.0, -2.0, 1.0}, Vec3{3.0, -2.0, 1.0} + r0 * way};
    const auto modes = modes_of(morse(depth, a, r0), positions, {m1, m2});
    REQUIRE(modes.size() == 1);  // 3n - 5: two atoms are straight
    // Differences of second order with h = 0.005: along the axis the fourth derivative, 14 D a^4,
    // adds h^2 7 a^2 / 6 of the force constant, half of that to the frequency: 5.3e-5.
    CHECK(std::abs(modes[0].wavenumber / expected - 1.0) < 6e-5);
    CHECK(std::abs(norm(modes[0].direction[0]) - 1.0) < 1e-6);
    CHECK(std::abs(norm(modes[0].direction[1]) - m1 / m2) < 1e-6);
  }
}

TEST_CASE("an equilateral triangle of springs has the frequencies of the textbook") {
  // Breathing 3k/m once, and 3k/2m twice (Landau & Lifshitz, Mechanics, section 24).
  const double depth = 2.0, a = 1.5, r0 = 1.2, m = 12.0;
  const double k = 2.0 * depth * a * a;
  const std::vector<Vec3> positions = {
      {0.0, 0.0, 0.0}, {r0, 0.0, 0.0}, {0.5 * r0, std::sqrt(0.75) * r0, 0.0}};
  const auto modes = modes_of(morse(depth, a, r0), positions, {m, m, m});
  REQUIRE(modes.size() == 3);  // 3n - 6
  CHECK(std::abs(modes[0].wavenumber / (kWavenumber * std::sqrt(1.5 * k / m)) - 1.0) < 1e-4);
  CHECK(std::abs(modes[1].wavenumber / (kWavenumber * std::sqrt(1.5 * k / m)) - 1.0) < 1e-4);
  CHECK(std::abs(modes[2].wavenumber / (kWavenumber * std::sqrt(3.0 * k / m)) - 1.0) < 1e-4);
}

TEST_CASE("a maximum shows as an imaginary frequency") {
  // Three atoms in a row, repelled from the line by the pairs 0-2 that are pressed together.
  const std::vector<Vec3> positions = {{-1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, {1.0, 0.0, 0.0}};
  const EnergyFunction bent = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    // 5 (|r01| - 1)^2 + 5 (|r12| - 1)^2 - 0.5 (bend)^2, bend = r0 + r2 - 2 r1.
    const auto spring = [&](std::size_t i, std::size_t j) {
      const Vec3 d = r[j] - r[i];
      const double stretch = norm(d) - 1.0;
      const Vec3 pull = (10.0 * stretch / norm(d)) * d;
      forces[i] += pull;
      forces[j] -= pull;
      return 5.0 * stretch * stretch;
    };
    for (Vec3& f : forces) f = {};
    double energy = spring(0, 1) + spring(1, 2);
    const Vec3 bend = r[0] + r[2] - 2.0 * r[1];
    forces[0] += bend;
    forces[2] += bend;
    forces[1] -= 2.0 * bend;
    return energy - 0.5 * dot(bend, bend);
  };
  const auto modes = modes_of(bent, positions, {1.0, 1.0, 1.0});
  REQUIRE(modes.size() == 4);  // straight: 3n - 5
  // Two bends: the motion (1, -2, 1) / sqrt(6) has -6 / 1.
  CHECK(std::abs(modes[0].wavenumber / (-kWavenumber * std::sqrt(6.0)) - 1.0) < 1e-3);
  CHECK(std::abs(modes[1].wavenumber / (-kWavenumber * std::sqrt(6.0)) - 1.0) < 1e-3);
  CHECK(modes[2].wavenumber > 0.0);
}

TEST_CASE("one atom has no vibration, and an animation passes through rest twice") {
  CHECK(modes_of(free_particles(), {{1.0, 2.0, 3.0}}, {1.0}).empty());
  const NormalMode mode{.wavenumber = 1.0, .direction = {{0.0, 0.0, 1.0}}};
  const std::vector<Vec3> rest = {{1.0, 1.0, 1.0}};
  const auto frames = animate(rest, mode, 0.5, 8);
  REQUIRE(frames.size() == 8);
  CHECK(frames[0][0] == rest[0]);
  CHECK(std::abs(frames[2][0].z - 1.5) < 1e-15);
  CHECK(std::abs(frames[4][0].z - 1.0) < 1e-15);
  CHECK(std::abs(frames[6][0].z - 0.5) < 1e-15);
}

}  // namespace
