// SPDX-License-Identifier: MIT
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "host/relax/minimiser.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;

RelaxResult relaxed(const EnergyFunction& function,
                    std::vector<Vec3>& positions,
                    const RelaxOptions& options) {
  const AnalyticPotential potential(function);
  const std::vector<int> atoms(positions.size(), 18);
  return relax(*potential.make_evaluator(atoms), positions, options);
}

TEST_CASE("four Lennard-Jones atoms become the regular tetrahedron") {
  // Its edge is 2^(1/6) sigma and its energy -6 epsilon: each pair sits in its own minimum.
  std::vector<Vec3> positions = {
      {0.1, 0.0, 0.0}, {3.6, 0.2, 0.1}, {1.5, 3.4, -0.2}, {1.9, 1.0, 3.3}};
  const RelaxResult result =
      relaxed(lennard_jones(0.01, 3.4), positions, {.force_limit = 1e-8, .progress = {}});
  CHECK(result.end == RelaxEnd::converged);
  CHECK(result.largest_force <= 1e-8);
  CHECK(std::abs(result.energy + 0.06) < 1e-12);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      // A force of 1e-8 on a spring of 57 epsilon / r0^2 = 0.04 eV/Angstrom^2 is 3e-7 Angstrom.
      CHECK(std::abs(norm(positions[i] - positions[j]) - 3.4 * std::pow(2.0, 1.0 / 6.0)) < 1e-6);
    }
  }
}

TEST_CASE("stiff and soft directions both converge, without the energy ever rising") {
  std::vector<Vec3> positions = {{1.0, -2.0, 3.0}, {-0.4, 0.9, 0.1}};
  double last = std::numeric_limits<double>::infinity();
  bool fell = true;
  std::int64_t calls = 0;
  RelaxOptions options{.force_limit = 1e-7, .progress = {}};
  options.progress = [&](std::int64_t step, double energy, double) {
    fell = fell && energy <= last && step == ++calls;
    last = energy;
  };
  const RelaxResult result = relaxed(wells({80.0, 1.0, 0.02}), positions, options);
  CHECK(result.end == RelaxEnd::converged);
  CHECK(result.steps == calls);
  CHECK(result.steps < 200);
  CHECK(fell);
  for (const Vec3& r : positions) CHECK(std::abs(r.z) <= 1e-7 / 0.02);
}

TEST_CASE("no atom moves farther in a step than it may") {
  std::vector<Vec3> positions = {{50.0, 0.0, 0.0}};
  const RelaxResult result = relaxed(wells({10.0, 10.0, 10.0}), positions,
                                     {.steps = 3, .longest_step = 0.25, .progress = {}});
  CHECK(result.end == RelaxEnd::steps);
  CHECK(std::abs(positions[0].x - 49.25) < 1e-12);
}

TEST_CASE("a relaxed start stays where it is") {
  std::vector<Vec3> positions = {{0.0, 0.0, 0.0}};
  const RelaxResult result = relaxed(wells({1.0, 1.0, 1.0}), positions, {.progress = {}});
  CHECK(result.end == RelaxEnd::converged);
  CHECK(result.steps == 0);
  CHECK(positions[0] == Vec3{});
}

TEST_CASE("what cannot go on says why") {
  std::vector<Vec3> outside = {{5.0, 0.0, 0.0}};
  CHECK(relaxed(broken_outside(2.0, wells({1.0, 1.0, 1.0})), outside, {.progress = {}}).end ==
        RelaxEnd::diverged);

  // Forces that do not belong to the energy: nothing lowers a constant.
  std::vector<Vec3> anywhere = {{0.0, 0.0, 0.0}};
  const EnergyFunction liar = [](std::span<const Vec3>, std::span<Vec3> forces) {
    for (Vec3& f : forces) f = {1.0, 0.0, 0.0};
    return 3.0;
  };
  CHECK(relaxed(liar, anywhere, {.progress = {}}).end == RelaxEnd::stalled);

  const std::atomic<bool> stop = true;
  std::vector<Vec3> far = {{5.0, 0.0, 0.0}};
  CHECK(relaxed(wells({1.0, 1.0, 1.0}), far, {.stop = &stop, .progress = {}}).end ==
        RelaxEnd::stopped);
}

TEST_CASE("a step into broken ground is shortened") {
  // The minimum at 0.5 is fine; energies beyond 1 from the origin are not finite.
  const EnergyFunction shifted = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    const double x = r[0].x - 0.5;
    forces[0] = {-40.0 * x, 0.0, 0.0};
    return 20.0 * x * x;
  };
  std::vector<Vec3> positions = {{-0.9, 0.0, 0.0}};
  CHECK(relaxed(broken_outside(1.0, shifted), positions, {.longest_step = 10.0, .progress = {}})
            .end == RelaxEnd::converged);
  CHECK(std::abs(positions[0].x - 0.5) < 1e-3);
}

}  // namespace
