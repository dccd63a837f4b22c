// SPDX-License-Identifier: MIT
#include <vector>

#include "host/covalent_radii.hpp"
#include "host/validate/stability.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;
using namespace fusemd::validate;

Structure pair_of(int a, int b, double distance) {
  Structure structure;
  structure.atomic_numbers = {a, b};
  structure.positions = {{0.0, 0.0, 0.0}, {distance, 0.0, 0.0}};
  return structure;
}

TEST_CASE("a deep bond holds") {
  const AnalyticPotential potential(morse(6.0, 1.8, 1.4));
  const auto found = measure_stability(potential, pair_of(6, 6, 1.4), {.time = 5.0, .replicas = 3});
  CHECK(found.replicas == 3);
  CHECK(found.time == 5.0);
  CHECK(found.unstable.empty());
}

TEST_CASE("a shallow bond breaks, once a replica, with its atoms named") {
  // kT at 3000 K is 0.26 eV: five times the well.
  const AnalyticPotential potential(morse(0.05, 1.8, 1.4));
  const auto found = measure_stability(potential, pair_of(6, 6, 1.4),
                                       {.temperature = 3000.0, .time = 5.0, .replicas = 3});
  REQUIRE(found.unstable.size() == 3);
  CHECK(found.unstable[0].reason.find("C1-C2") == 0);
  CHECK(found.unstable[0].time > 0.0);
  CHECK(found.unstable[0].time < 5.0);
  const auto hydrogen = measure_stability(potential, pair_of(1, 6, 1.1),
                                          {.temperature = 3000.0, .time = 5.0, .replicas = 1});
  REQUIRE(hydrogen.unstable.size() == 1);
  CHECK(hydrogen.unstable[0].reason.find("H1 has no atom within") == 0);
}

TEST_CASE("a replica that heats itself is unstable") {
  // A force along the velocity's side that feeds rotation: hot, but the bond holds at first.
  const EnergyFunction heater = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    const double energy = morse(60.0, 1.8, 1.4)(r, forces);
    const Vec3 d = r[1] - r[0];
    const Vec3 side{-d.y, d.x, 0.0};
    forces[1] += 0.3 * side;
    forces[0] -= 0.3 * side;
    return energy;
  };
  const auto found = measure_stability(AnalyticPotential(heater), pair_of(6, 6, 1.4),
                                       {.temperature = 300.0, .time = 4.0, .replicas = 1});
  REQUIRE(found.unstable.size() == 1);
  CHECK(found.unstable[0].reason.find("K on average over 1 ps") != std::string::npos);
}

TEST_CASE("what is not finite is unstable") {
  const AnalyticPotential potential(broken_outside(1.5, morse(6.0, 1.8, 1.4)));
  const auto found = measure_stability(potential, pair_of(6, 6, 1.4),
                                       {.temperature = 3000.0, .time = 3.0, .replicas = 1});
  REQUIRE(found.unstable.size() == 1);
}

TEST_CASE("covalent radii are those of the table") {
  CHECK(covalent_radius(1) == 0.31);
  CHECK(covalent_radius(6) == 0.76);
  CHECK(covalent_radius(8) == 0.66);
  CHECK(covalent_radius(17) == 1.02);
  CHECK(covalent_radius(36) == 1.16);
  CHECK(covalent_radius(0) == 0.0);
  CHECK(covalent_radius(92) == 1.5);
}

}  // namespace
