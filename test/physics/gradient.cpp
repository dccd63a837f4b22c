// SPDX-License-Identifier: MIT
#include "test/physics/gradient.hpp"

#include <array>
#include <cmath>

#include "test/support/close.hpp"
#include "test/support/finite_difference.hpp"
#include "test/support/worst.hpp"

namespace fusemd::test {
namespace {

/// A random direction in the space of all coordinates, of length 1.
std::vector<Vec3> random_direction(std::size_t n_atoms, Random& random) {
  std::vector<Vec3> direction;
  double square = 0.0;
  for (std::size_t i = 0; i < n_atoms; ++i) {
    direction.push_back(random_in_cube(random, 1.0));
    square += dot(direction.back(), direction.back());
  }
  for (Vec3& v : direction) v *= 1.0 / std::sqrt(square);
  return direction;
}

/// positions (1 + strain), positions as rows.
std::vector<Vec3> strained(std::vector<Vec3> positions, const Virial& strain) {
  for (Vec3& x : positions) {
    const Vec3 old = x;
    const std::array<double, 3> in{old.x, old.y, old.z};
    std::array<double, 3> out = in;
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) out[b] += in[a] * strain[3 * a + b];
    }
    x = {out[0], out[1], out[2]};
  }
  return positions;
}

}  // namespace

void require_gradient(const Engine& engine,
                      const Potential& potential,
                      const System& system,
                      Random& random,
                      int n_directions) {
  INFO("engine " << engine.name << ", " << system.name);
  if (engine.difference_step == 0.0) return;
  const Evaluation here = evaluate(potential, system);
  const auto evaluator = potential.make_evaluator(system.atomic_numbers);
  std::vector<Vec3> unused(system.size());
  const Tolerance tolerance{
      .absolute = engine.difference_error, .relative = 0.0, .why = engine.why};

  for (int repeat = 0; repeat < n_directions; ++repeat) {
    const std::vector<Vec3> direction = random_direction(system.size(), random);
    const double numeric = five_point_derivative(
        [&](double t) {
          std::vector<Vec3> positions = system.positions;
          for (std::size_t i = 0; i < positions.size(); ++i) positions[i] += t * direction[i];
          return evaluator->compute(positions, unused);
        },
        engine.difference_step);
    double analytic = 0.0;
    for (std::size_t i = 0; i < system.size(); ++i) analytic -= dot(here.forces[i], direction[i]);
    WorstSeen::note("force against difference, eV/A: " + engine.name, analytic - numeric);
    require_close(analytic, numeric, tolerance);
  }

  // A strain moves an atom by strain times its distance from the origin, up to 4 Angstrom here.
  for (std::size_t k = 0; k < 9; ++k) {
    const double numeric = five_point_derivative(
        [&](double t) {
          Virial strain{};
          strain[k] = t;
          return evaluator->compute(strained(system.positions, strain), unused);
        },
        engine.difference_step / 2.0);
    INFO("virial component " << k);
    require_close(here.virial[k], numeric, {2.0 * engine.difference_error, 0.0, engine.why});
  }
}

}  // namespace fusemd::test
