// SPDX-License-Identifier: MIT
#include "host/validate/invariance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "host/larger.hpp"

namespace fusemd::validate {
namespace {

void raise(double& largest, double value) { largest = larger_or_nan(largest, value); }

/// Rodrigues' formula about an axis of length 1.
Vec3 rotated(const Vec3& v, const Vec3& axis, double angle) {
  const double along = dot(axis, v) * (1.0 - std::cos(angle));
  return std::cos(angle) * v + std::sin(angle) * cross(axis, v) + along * axis;
}

Vec3 centre_of(std::span<const Vec3> positions) {
  Vec3 sum;
  for (const Vec3& r : positions) sum += r;
  return (1.0 / static_cast<double>(positions.size())) * sum;
}

double& component(Vec3& v, std::size_t axis) { return axis == 0 ? v.x : axis == 1 ? v.y : v.z; }

void one_frame(const Potential& potential, const Structure& frame, Invariance& result) {
  const std::size_t n = frame.size();
  const auto evaluator = potential.make_evaluator(frame.atomic_numbers);
  std::vector<Vec3> forces(n), other(n), moved(n);
  const double energy = evaluator->compute(frame.positions, forces);

  for (std::size_t i = 0; i < n; ++i) moved[i] = frame.positions[i] + Vec3{17.3, -4.1, 250.7};
  raise(result.translation, std::abs(evaluator->compute(moved, other) - energy));

  const Vec3 axis{1.0 / std::numbers::sqrt3, -1.0 / std::numbers::sqrt3, 1.0 / std::numbers::sqrt3};
  for (const double angle : {0.7, 2.1, 3.9}) {
    for (std::size_t i = 0; i < n; ++i) moved[i] = rotated(frame.positions[i], axis, angle);
    raise(result.rotation, std::abs(evaluator->compute(moved, other) - energy));
    for (std::size_t i = 0; i < n; ++i) {
      raise(result.rotated_force, norm(other[i] - rotated(forces[i], axis, angle)));
    }
  }

  // The same molecule with its atoms listed backwards.
  std::vector<int> numbers(frame.atomic_numbers.rbegin(), frame.atomic_numbers.rend());
  std::reverse_copy(frame.positions.begin(), frame.positions.end(), moved.begin());
  const auto backwards = potential.make_evaluator(numbers);
  raise(result.permutation, std::abs(backwards->compute(moved, other) - energy));

  const Vec3 centre = centre_of(frame.positions);
  Vec3 force, torque;
  for (std::size_t i = 0; i < n; ++i) {
    force += forces[i];
    torque += cross(frame.positions[i] - centre, forces[i]);
  }
  raise(result.net_force, norm(force));
  raise(result.net_torque, norm(torque));

  constexpr double h = 1e-4;  // Angstrom
  moved = frame.positions;
  for (std::size_t k = 0; k < 3 * n; ++k) {
    double& x = component(moved[k / 3], k % 3);
    const double rest = x;
    x = rest + h;
    const double above = evaluator->compute(moved, other);
    x = rest - h;
    const double below = evaluator->compute(moved, other);
    x = rest;
    const double expected = (below - above) / (2.0 * h);
    raise(result.force_difference, std::abs(component(forces[k / 3], k % 3) - expected));
  }
}

void cutoff(const Potential& potential, const Model& model, Invariance& result) {
  for (std::size_t a = 0; a < model.elements.size(); ++a) {
    for (std::size_t b = a; b < model.elements.size(); ++b) {
      const std::array<int, 2> pair = {model.elements[a], model.elements[b]};
      const auto evaluator = potential.make_evaluator(pair);
      constexpr double step = 1e-7;
      std::array<Vec3, 2> inside, outside;
      const std::array<Vec3, 2> near = {Vec3{}, Vec3{0.0, 0.0, model.config.cutoff - step}};
      const std::array<Vec3, 2> far = {Vec3{}, Vec3{0.0, 0.0, model.config.cutoff + step}};
      const double jump = evaluator->compute(near, inside) - evaluator->compute(far, outside);
      raise(result.cutoff_energy, std::abs(jump));
      raise(result.cutoff_force, norm(inside[1] - outside[1]));
    }
  }
}

}  // namespace

Invariance measure_invariance(const Potential& potential,
                              const Model& model,
                              std::span<const Structure> frames) {
  Invariance result;
  for (const Structure& frame : frames) one_frame(potential, frame, result);
  cutoff(potential, model, result);
  return result;
}

}  // namespace fusemd::validate
