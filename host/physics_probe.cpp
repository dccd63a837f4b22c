// SPDX-License-Identifier: MIT
#include "host/physics_probe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "host/elements.hpp"

namespace fusemd {
namespace {

struct Molecule {
  std::string name;
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;  ///< Angstrom; slightly distorted: no symmetry hides a defect
};

std::vector<Molecule> molecules() {
  return {
      {"a water molecule", {8, 1, 1}, {{0.0, 0.0, 0.0}, {0.96, 0.03, 0.0}, {-0.25, 0.93, 0.02}}},
      {"an ammonia molecule",
       {7, 1, 1, 1},
       {{0.0, 0.0, 0.0}, {0.95, 0.02, 0.37}, {-0.46, 0.83, 0.38}, {-0.48, -0.81, 0.41}}},
      {"a methane molecule",
       {6, 1, 1, 1, 1},
       {{0.0, 0.0, 0.0},
        {0.64, 0.62, 0.63},
        {-0.61, -0.65, 0.62},
        {-0.66, 0.60, -0.63},
        {0.62, -0.63, -0.67}}},
  };
}

Molecule molecule_of(const std::vector<int>& elements) {
  for (Molecule& molecule : molecules()) {
    const bool known =
        std::all_of(molecule.atomic_numbers.begin(), molecule.atomic_numbers.end(),
                    [&](int z) { return std::binary_search(elements.begin(), elements.end(), z); });
    if (known) return molecule;
  }
  const int z = elements.front();
  return {"a pair of " + std::string(element_symbol(z)) + " atoms",
          {z, z},
          {{0.0, 0.0, 0.0}, {1.1, 0.7, 0.3}}};
}

/// Rodrigues' formula.
Vec3 rotated(const Vec3& v, const Vec3& axis, double angle) {
  const double along = dot(axis, v) * (1.0 - std::cos(angle));
  return std::cos(angle) * v + std::sin(angle) * cross(axis, v) + along * axis;
}

double energy(Evaluator& evaluator, std::span<const Vec3> positions) {
  std::vector<Vec3> forces(positions.size());
  return evaluator.compute(positions, forces);
}

}  // namespace

PhysicsProbe probe_physics(const Potential& potential, const Model& model) {
  PhysicsProbe probe;
  const Molecule molecule = molecule_of(model.elements);
  probe.molecule = molecule.name;
  const auto evaluator = potential.make_evaluator(molecule.atomic_numbers);
  double least = energy(*evaluator, molecule.positions), most = least;
  const double golden_angle = std::numbers::pi * (3.0 - std::sqrt(5.0));
  for (int i = 0; i < PhysicsProbe::kRotations; ++i) {
    const double z = 1.0 - (2.0 * i + 1.0) / PhysicsProbe::kRotations;
    const double radius = std::sqrt(1.0 - z * z);
    const Vec3 axis{radius * std::cos(golden_angle * i), radius * std::sin(golden_angle * i), z};
    std::vector<Vec3> turned;
    for (const Vec3& atom : molecule.positions) {
      turned.push_back(rotated(
          atom, axis, 2.0 * std::numbers::pi * (i + 1.0) / (PhysicsProbe::kRotations + 1.0)));
    }
    const double value = energy(*evaluator, turned);
    least = std::fmin(least, value);
    most = std::fmax(most, value);
  }
  probe.rotation_range = most - least;

  probe.z_a = probe.z_b = model.elements.front();
  for (std::size_t a = 0; a < model.elements.size(); ++a) {
    for (std::size_t b = a; b < model.elements.size(); ++b) {
      const std::array<int, 2> pair = {model.elements[a], model.elements[b]};
      const auto two_atoms = potential.make_evaluator(pair);
      const auto energy_at = [&](double distance) {
        const std::array<Vec3, 2> positions = {Vec3{}, Vec3{0.0, 0.0, distance}};
        return energy(*two_atoms, positions);
      };
      constexpr double step = 1e-7;
      const double jump =
          energy_at(model.config.cutoff - step) - energy_at(model.config.cutoff + step);
      if (std::abs(jump) <= std::abs(probe.cutoff_jump)) continue;
      probe.cutoff_jump = jump;
      probe.z_a = pair[0];
      probe.z_b = pair[1];
    }
  }
  return probe;
}

}  // namespace fusemd
