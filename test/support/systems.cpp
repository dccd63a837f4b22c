// SPDX-License-Identifier: MIT
#include "test/support/systems.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace fusemd::test {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180.0; }

Vec3 unit(const Vec3& v) { return (1.0 / norm(v)) * v; }

/// Builds a molecule from bond lengths (Angstrom), angles and dihedrals (degrees).
class Builder {
 public:
  explicit Builder(std::string name) { system_.name = std::move(name); }

  std::size_t at(int z, const Vec3& position) {
    system_.atomic_numbers.push_back(z);
    system_.positions.push_back(position);
    return system_.size() - 1;
  }

  /// Bonded to atom a; `angle` is new-a-b, `dihedral` is new-a-b-c.
  std::size_t bonded(int z,
                     std::size_t a,
                     double bond,
                     std::size_t b,
                     double angle,
                     std::size_t c,
                     double dihedral) {
    const Vec3 back = unit(position(b) - position(a));
    const Vec3 sideways = unit(cross(position(c) - position(b), back));
    const Vec3 up = cross(back, sideways);
    const double t = radians(angle), p = radians(dihedral);
    const Vec3 direction =
        std::cos(t) * back + std::sin(t) * std::sin(p) * sideways + std::sin(t) * std::cos(p) * up;
    return at(z, position(a) + bond * direction);
  }

  const Vec3& position(std::size_t i) const { return system_.positions[i]; }
  System done() { return std::move(system_); }

 private:
  System system_;
};

// A regular hexagon of carbons in the xy plane, then the given substituent bond towards outside.
std::array<std::size_t, 6> add_ring(Builder& molecule) {
  std::array<std::size_t, 6> ring{};
  for (std::size_t k = 0; k < 6; ++k) {
    const double angle = radians(60.0 * static_cast<double>(k));
    ring[k] = molecule.at(6, {1.395 * std::cos(angle), 1.395 * std::sin(angle), 0.0});
  }
  return ring;
}

void add_ring_hydrogen(Builder& molecule, std::size_t carbon) {
  molecule.at(1, (1.0 + 1.087 / 1.395) * molecule.position(carbon));
}

double closest_distance(const std::vector<Vec3>& positions, const Vec3& x) {
  double closest = 1e300;
  for (const Vec3& y : positions) closest = std::min(closest, norm(x - y));
  return closest;
}

System joined(std::string name, const System& a, const System& b) {
  System both{std::move(name), a.atomic_numbers, a.positions};
  both.atomic_numbers.insert(both.atomic_numbers.end(), b.atomic_numbers.begin(),
                             b.atomic_numbers.end());
  both.positions.insert(both.positions.end(), b.positions.begin(), b.positions.end());
  return both;
}

}  // namespace

System water() {
  const double half = radians(104.5 / 2.0);
  return {"water",
          {8, 1, 1},
          {{0.0, 0.0, 0.0},
           {0.9575 * std::sin(half), 0.0, 0.9575 * std::cos(half)},
           {-0.9575 * std::sin(half), 0.0, 0.9575 * std::cos(half)}}};
}

System carbon_dioxide() {
  const Vec3 bond = 1.162 * unit({1.0, 2.0, 3.0});
  return {"carbon dioxide", {6, 8, 8}, {{}, bond, -1.0 * bond}};
}

System methane() {
  const double a = 1.09 / std::sqrt(3.0);
  return {"methane", {6, 1, 1, 1, 1}, {{}, {a, a, a}, {a, -a, -a}, {-a, a, -a}, {-a, -a, a}}};
}

System ethanol() {
  Builder molecule("ethanol");
  const auto c1 = molecule.at(6, {0.0, 0.0, 0.0});
  const auto c2 = molecule.at(6, {1.512, 0.0, 0.0});
  const auto o = molecule.at(
      8, {1.512 - 1.431 * std::cos(radians(107.8)), 1.431 * std::sin(radians(107.8)), 0.0});
  molecule.bonded(1, o, 0.971, c2, 105.4, c1, 180.0);
  for (const double dihedral : {60.0, 180.0, 300.0}) {
    molecule.bonded(1, c1, 1.088, c2, 110.5, o, dihedral);
  }
  for (const double dihedral : {120.0, 240.0})
    molecule.bonded(1, c2, 1.098, c1, 110.0, o, dihedral);
  return molecule.done();
}

System benzene() {
  Builder molecule("benzene");
  for (const std::size_t carbon : add_ring(molecule)) add_ring_hydrogen(molecule, carbon);
  return molecule.done();
}

System aspirin() {
  Builder molecule("aspirin");
  const auto ring = add_ring(molecule);
  for (std::size_t k = 2; k < 6; ++k) add_ring_hydrogen(molecule, ring[k]);
  // carboxyl group on ring atom 0, turned out of the plane
  const auto acid = molecule.bonded(6, ring[0], 1.49, ring[1], 120.0, ring[2], 180.0);
  molecule.bonded(8, acid, 1.21, ring[0], 124.0, ring[1], 155.0);
  const auto hydroxyl = molecule.bonded(8, acid, 1.35, ring[0], 114.0, ring[1], -25.0);
  molecule.bonded(1, hydroxyl, 0.97, acid, 107.0, ring[0], 180.0);
  // acetyl ester on ring atom 1
  const auto ester = molecule.bonded(8, ring[1], 1.40, ring[0], 119.0, ring[5], 178.0);
  const auto carbonyl = molecule.bonded(6, ester, 1.36, ring[1], 118.0, ring[2], 75.0);
  molecule.bonded(8, carbonyl, 1.20, ester, 123.0, ring[1], 5.0);
  const auto methyl = molecule.bonded(6, carbonyl, 1.50, ester, 110.0, ring[1], 185.0);
  for (const double dihedral : {65.0, 185.0, 305.0}) {
    molecule.bonded(1, methyl, 1.09, carbonyl, 109.5, ester, dihedral);
  }
  return molecule.done();
}

System single_atom(int atomic_number) {
  return {"atom " + std::to_string(atomic_number), {atomic_number}, {{0.3, -0.2, 0.1}}};
}

System pair(int z_a, int z_b, double distance) {
  return {"pair " + std::to_string(z_a) + "-" + std::to_string(z_b),
          {z_a, z_b},
          {{0.0, 0.0, 0.0}, {distance, 0.0, 0.0}}};
}

System random_box(std::size_t n_atoms, std::uint64_t seed) {
  constexpr double volume_per_atom = 10.0, closest_allowed = 0.95;
  constexpr int elements[] = {1, 6, 7, 8};
  Random random(seed);
  System system{"box of " + std::to_string(n_atoms) + ", seed " + std::to_string(seed), {}, {}};
  const double half = 0.5 * std::cbrt(volume_per_atom * static_cast<double>(n_atoms));
  while (system.size() < n_atoms) {
    const Vec3 position = random_in_cube(random, half);
    if (closest_distance(system.positions, position) < closest_allowed) continue;
    system.positions.push_back(position);
    system.atomic_numbers.push_back(elements[random.below(4)]);
  }
  return system;
}

System two_waters(double distance) {
  System second = water();
  Random random(11);
  second.positions = Rotation::random(random)(second.positions);
  for (Vec3& x : second.positions) x += distance * unit({1.0, 0.4, -0.3});
  return joined("two waters", water(), second);
}

System rattled(System system, double amplitude, std::uint64_t seed) {
  Random random(seed);
  for (Vec3& x : system.positions) x += random_in_cube(random, amplitude);
  return system;
}

System rattled_off_cutoff(const System& system, double amplitude, double cutoff) {
  for (std::uint64_t seed = 1;; ++seed) {
    System candidate = rattled(system, amplitude, seed);
    bool off = true;
    for (const Vec3& x : candidate.positions) {
      for (const Vec3& y : candidate.positions) {
        off = off && std::abs(norm(x - y) - cutoff) > 0.005;
      }
    }
    if (off) return candidate;
  }
}

std::vector<System> asymmetric_systems() {
  std::vector<System> systems;
  for (const System& system : {water(), carbon_dioxide(), methane(), ethanol(), benzene(),
                               aspirin(), two_waters(4.0), random_box(30, 5)}) {
    systems.push_back(rattled_off_cutoff(system, 0.05));
  }
  return systems;
}

Vec3 random_in_cube(Random& random, double half) {
  const double x = random.uniform(-half, half);
  const double y = random.uniform(-half, half);
  return {x, y, random.uniform(-half, half)};
}

Vec3 random_unit_vector(Random& random) {
  while (true) {  // by rejection from the cube around the sphere
    const Vec3 v = random_in_cube(random, 1.0);
    const double length = norm(v);
    if (length > 0.1 && length <= 1.0) return (1.0 / length) * v;
  }
}

Rotation Rotation::random(Random& random, bool with_inversion) {
  const Vec3 axis = random_unit_vector(random);
  const double angle = random.uniform(0.5, 3.0);
  const double sign = with_inversion ? -1.0 : 1.0;
  Rotation rotation;
  const Vec3 basis[3] = {{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}};
  for (int a = 0; a < 3; ++a) {  // row a = the transposed rotation of basis vector a (Rodrigues)
    const Vec3& e = basis[a];
    rotation.rows_[a] = sign * (std::cos(angle) * e - std::sin(angle) * cross(axis, e) +
                                ((1.0 - std::cos(angle)) * dot(axis, e)) * axis);
  }
  return rotation;
}

Vec3 Rotation::operator()(const Vec3& v) const {
  return {dot(rows_[0], v), dot(rows_[1], v), dot(rows_[2], v)};
}

std::vector<Vec3> Rotation::operator()(const std::vector<Vec3>& vectors) const {
  std::vector<Vec3> rotated;
  for (const Vec3& v : vectors) rotated.push_back((*this)(v));
  return rotated;
}

}  // namespace fusemd::test
