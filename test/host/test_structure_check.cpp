// SPDX-License-Identifier: MIT
#include <chrono>
#include <cmath>
#include <random>
#include <string>

#include "host/structure_check.hpp"
#include "test/support/catch.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::string refusal_of(const Structure& structure) {
  try {
    check_structure(structure);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

Structure carbons(std::vector<Vec3> positions) {
  Structure structure;
  structure.atomic_numbers.assign(positions.size(), 6);
  structure.positions = std::move(positions);
  structure.name = "x.xyz, frame 1";
  return structure;
}

TEST_CASE("two atoms may be as close as the limit and no closer, anywhere in space") {
  constexpr unsigned kSeed = 5;
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  std::normal_distribution<double> normal;
  for (const double scale : {1.0, 100.0, 1e6}) {
    for (int k = 0; k < 2000; ++k) {
      const Vec3 a = {scale * normal(random), scale * normal(random), scale * normal(random)};
      Vec3 direction = {normal(random), normal(random), normal(random)};
      direction *= 1.0 / norm(direction);
      CHECK(refusal_of(carbons({a, a + (kClosestAtoms + 1e-6) * direction})).empty());
      CHECK_FALSE(refusal_of(carbons({a, a + (kClosestAtoms - 1e-6) * direction})).empty());
    }
  }
}

TEST_CASE("both atoms and their distance are named") {
  Structure structure = carbons({{0, 0, 0}, {0, 0, 2}, {0, 0, 2.25}, {0, 0, 0.01}});
  structure.atomic_numbers[2] = 1;
  const std::string message = refusal_of(structure);
  CHECK(message.starts_with("x.xyz, frame 1: two atoms lie on each other"));
  CHECK(message.find("atom 2 (C) and atom 3 (H) are 0.25 Angstrom apart") != std::string::npos);
}

TEST_CASE("arrays, elements, coordinates and masses are checked") {
  CHECK(refusal_of(carbons({})).find("no atoms") != std::string::npos);
  Structure structure = carbons({{0, 0, 0}, {0, 0, 2}});
  structure.masses = {12.0};
  CHECK(refusal_of(structure).find("'masses': wrong number") != std::string::npos);
  structure.masses = {12.0, -1.0};
  CHECK(refusal_of(structure).find("-1 for atom 2 (C)") != std::string::npos);
  structure.masses = {std::nan(""), 1.0};
  CHECK(refusal_of(structure).find("'masses': not positive") != std::string::npos);
  structure.masses = {};
  structure.velocities = std::vector<Vec3>(3);
  CHECK(refusal_of(structure).find("'velocities': wrong number") != std::string::npos);
  structure.velocities = std::vector<Vec3>{{}, {0, std::nan(""), 0}};
  CHECK(refusal_of(structure).find("'velocities': not finite") != std::string::npos);
  structure.velocities = {};
  structure.atomic_numbers[1] = 0;
  CHECK(refusal_of(structure).find("no such element") != std::string::npos);
  structure.atomic_numbers[1] = 6;
  structure.positions[1].y = std::nan("");
  CHECK(refusal_of(structure).find("'positions': not finite") != std::string::npos);
  structure.positions[1].y = 1e300;
  CHECK(refusal_of(structure).empty());
}

TEST_CASE("the work grows with the number of atoms, not with its square") {
  // 10^6 atoms at the density of a liquid. All pairs would be 5 10^11 distances, an hour; the limit
  // is far above what a slow machine under a sanitizer needs.
  std::vector<Vec3> positions;
  for (int x = 0; x < 100; ++x) {
    for (int y = 0; y < 100; ++y) {
      for (int z = 0; z < 100; ++z) positions.push_back({2.2 * x, 2.2 * y, 2.2 * z});
    }
  }
  Structure structure = carbons(std::move(positions));
  const auto start = std::chrono::steady_clock::now();
  check_structure(structure);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  CHECK(wall.count() < 30.0);
  structure.positions.back() = structure.positions[123'456] + Vec3{0.1, 0, 0};
  CHECK(refusal_of(structure).find("atom 123457 (C) and atom 1000000 (C)") != std::string::npos);
}

}  // namespace
}  // namespace fusemd
