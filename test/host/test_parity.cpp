// SPDX-License-Identifier: MIT
#include <cmath>

#include "host/parity.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/skip.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

const Tolerance kRounding{1e-14, 0.0, "sums of a few numbers of order one"};

/// E = sum of x^2 + y^2 + z^2, F = -2 r; the frame's energy and forces are off by what is given.
Structure frame(std::vector<Vec3> positions, double energy_error, std::vector<Vec3> force_errors) {
  Structure result;
  result.name = "frames.xyz, frame 1";
  result.atomic_numbers.assign(positions.size(), 1);
  double energy = energy_error;
  std::vector<Vec3> forces = std::move(force_errors);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    energy += dot(positions[i], positions[i]);
    forces[i] += -2.0 * positions[i];
  }
  result.positions = std::move(positions);
  result.energy = energy;
  result.forces = std::move(forces);
  return result;
}

const AnalyticPotential& springs() {
  static const AnalyticPotential potential(wells({2.0, 2.0, 2.0}));
  return potential;
}

}  // namespace

TEST_CASE("deviations: largest, root mean square, and where") {
  any_ran() = true;
  const std::vector<Structure> frames = {
      frame({{0.5, 0.0, 0.0}, {0.0, 1.0, 0.0}}, 0.25, {{0, 0, 0}, {0, 0, 0}}),
      frame({{0.5, 0.5, 0.0}, {0.0, 1.0, 0.5}}, -0.5, {{0, 0, 0.125}, {0, -0.75, 0}}),
      frame({{1.5, 0.0, 0.0}}, 0.0, {{0.5, 0, 0}}),
  };
  const Parity parity = compare_with_frames(springs(), frames);
  require_close(parity.energy.largest, 0.5, kRounding);
  CHECK(parity.energy.frame == 1);
  CHECK(parity.energy.values == 3);
  require_close(parity.energy.rms, std::sqrt((0.0625 + 0.25) / 3.0), kRounding);
  require_close(parity.force.largest, 0.75, kRounding);
  CHECK(parity.force.frame == 1);
  CHECK(parity.force.atom == 1);
  CHECK(parity.force.values == 15);
  require_close(parity.force.rms, std::sqrt((0.015625 + 0.5625 + 0.25) / 15.0), kRounding);
  CHECK(parity.force_change_nearby < 1e-6);
}

TEST_CASE("a value that is not a number is the largest deviation of all") {
  const std::vector<Structure> frames = {
      frame({{0.5, 0.0, 0.0}}, 1.0, {{0, 0, 0}}),
      frame({{0.5, 0.0, 0.0}}, std::nan(""), {{0, std::nan(""), 0}}),
      frame({{0.5, 0.0, 0.0}}, 2.0, {{9.0, 0, 0}}),
  };
  const Parity parity = compare_with_frames(springs(), frames);
  CHECK(std::isnan(parity.energy.largest));
  CHECK(std::isnan(parity.energy.rms));
  CHECK(parity.energy.frame == 1);
  CHECK(std::isnan(parity.force.largest));
  CHECK(parity.force.frame == 1);
}

TEST_CASE("a cusp at the worst atom shows") {
  // E = |z|: the force is +1 or -1 on either side of z = 0.
  const AnalyticPotential cusp([](std::span<const Vec3> positions, std::span<Vec3> forces) {
    forces[0] = {0.0, 0.0, positions[0].z > 0.0 ? -1.0 : 1.0};
    return std::abs(positions[0].z);
  });
  Structure at_cusp = frame({{0.0, 0.0, 0.0}}, 0.0, {{0, 0, 0}});
  const Parity parity = compare_with_frames(cusp, std::vector<Structure>{at_cusp});
  require_close(parity.force.largest, 1.0, kRounding);
  require_close(parity.force_change_nearby, 2.0, kRounding);
}

TEST_CASE("frames without results are refused by name") {
  Structure bare = frame({{0.5, 0.0, 0.0}}, 0.0, {{0, 0, 0}});
  bare.forces.reset();
  try {
    compare_with_frames(springs(), std::vector<Structure>{bare});
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(error.parts().file == "frames.xyz, frame 1");
    CHECK(error.parts().problem == "no forces");
  }
  bare.energy.reset();
  CHECK_THROWS_AS(compare_with_frames(springs(), std::vector<Structure>{bare}), InputError);
}

}  // namespace fusemd::test
