// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/vec3.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {

/// A test structure of H, C, N and O atoms; positions in Angstrom. The same bits on every machine
/// up to the last digit of sin and cos.
struct System {
  std::string name;
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;

  std::size_t size() const { return atomic_numbers.size(); }
};

// Molecules in textbook geometries, symmetric ones exactly so.
System water();
System carbon_dioxide();  ///< linear, along no axis
System methane();         ///< ideal T_d, carbon at the origin
System ethanol();
System benzene();  ///< D_6h in the xy plane
System aspirin();  ///< 21 atoms, no symmetry

System single_atom(int atomic_number);
System pair(int z_a, int z_b, double distance);

/// n atoms with random elements at random places in a cube, about one atom per 10 Angstrom^3, no
/// two closer than 0.95 Angstrom.
System random_box(std::size_t n_atoms, std::uint64_t seed);

/// Two copies of water in different orientations, their oxygens `distance` apart.
System two_waters(double distance);

/// Every atom displaced by up to `amplitude` along each axis: symmetric no more.
System rattled(System system, double amplitude, std::uint64_t seed);

/// The same with the first seed that leaves no pair within 0.005 Angstrom of `cutoff`, where an
/// energy may jump.
System rattled_off_cutoff(const System& system, double amplitude, double cutoff = 5.0);

/// The structures that a property of all structures is tested on: the molecules, two waters and a
/// box of 30 atoms, rattled off a cutoff of 5 Angstrom by 0.05 Angstrom.
std::vector<System> asymmetric_systems();

/// Uniform in the cube [-half, half)^3.
Vec3 random_in_cube(Random& random, double half);

/// Uniform on the unit sphere.
Vec3 random_unit_vector(Random& random);

/// A rotation about a random axis by a random angle, or that followed by an inversion.
class Rotation {
 public:
  static Rotation random(Random& random, bool with_inversion = false);
  Vec3 operator()(const Vec3& v) const;
  std::vector<Vec3> operator()(const std::vector<Vec3>& vectors) const;

 private:
  Vec3 rows_[3];
};

}  // namespace fusemd::test
