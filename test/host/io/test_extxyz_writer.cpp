// SPDX-License-Identifier: MIT
#include <bit>
#include <cstdint>
#include <random>
#include <string>

#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "test/host/io/frames.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

bool same_bits(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const auto& [p, q] : {std::pair{a[i].x, b[i].x}, {a[i].y, b[i].y}, {a[i].z, b[i].z}}) {
      if (std::bit_cast<std::uint64_t>(p) != std::bit_cast<std::uint64_t>(q)) return false;
    }
  }
  return true;
}

TEST_CASE("a frame is written as documented") {
  test::OwnedFrame frame;
  frame.atomic_numbers = {1};
  frame.positions = {{0.5, -1.0, 0.0}};
  frame.velocities = {{0.0, 0.0, 0.0}};
  frame.forces = {{1e-7, 2.0, 3.25}};
  frame.scalars.step = 100;
  frame.scalars.time = 50.0;
  frame.scalars.replica = 3;
  frame.scalars.potential_energy = -7.0;
  frame.scalars.kinetic_energy = 0.25;
  frame.scalars.temperature = 300.5;
  std::string text = "before\n";
  append_extxyz(text, frame.view());
  CHECK(text ==
        "before\n1\nProperties=species:S:1:pos:R:3:velo:R:3:momenta:R:3:forces:R:3 energy=-7.0 "
        "pbc=\"F F F\" step=100 time_fs=50.0 replica=3 kinetic_energy_eV=0.25 temperature_K=300.5\n"
        "H 0.5 -1.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0 1e-07 2.0 3.25\n");
}

TEST_CASE("what a structure has is written and nothing else") {
  Structure structure;
  structure.atomic_numbers = {6};
  structure.positions = {{1, 2, 3}};
  std::string text;
  append_extxyz(text, structure);
  CHECK(text == "1\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nC 1.0 2.0 3.0\n");

  structure.cell = Cell{{Vec3{5, 0, 0}, Vec3{0, 6, 0}, Vec3{0.5, 0, 7}}, {true, false, true}};
  structure.masses = {13.5};
  structure.energy = -1.5;
  structure.forces = std::vector<Vec3>{{0, 0, -1}};
  text.clear();
  append_extxyz(text, structure);
  CHECK(text ==
        "1\nLattice=\"5.0 0.0 0.0 0.0 6.0 0.0 0.5 0.0 7.0\" "
        "Properties=species:S:1:pos:R:3:masses:R:1:forces:R:3 energy=-1.5 pbc=\"T F T\"\n"
        "C 1.0 2.0 3.0 13.5 0.0 0.0 -1.0\n");
  ExtxyzReader reader(LineReader::from_text(text, "x"));
  const Structure back = reader.next().value();
  CHECK(back.cell->vectors == structure.cell->vectors);
  CHECK(back.cell->periodic == structure.cell->periodic);
  CHECK(back.masses == structure.masses);
}

TEST_CASE("random frames come back bit for bit") {
  constexpr std::uint64_t kSeed = 77;
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed);
  std::string text;
  std::vector<test::OwnedFrame> frames;
  for (int k = 0; k < 300; ++k) {
    frames.push_back(test::random_frame(random, 1 + random() % 40));
    if (k % 3 == 0) {
      for (std::size_t i = 0; i < frames.back().positions.size(); ++i) {
        frames.back().masses.push_back(std::uniform_real_distribution(0.5, 300.0)(random));
      }
    }
    append_extxyz(text, frames.back().view());
  }
  ExtxyzReader reader(LineReader::from_text(text, "round-trip.xyz"));
  for (const test::OwnedFrame& frame : frames) {
    const auto back = reader.next();
    REQUIRE(back.has_value());
    INFO(back->name);
    REQUIRE(back->atomic_numbers == frame.atomic_numbers);
    REQUIRE(back->masses == frame.masses);
    REQUIRE(same_bits(back->positions, frame.positions));
    REQUIRE(same_bits(back->velocities.value(), frame.velocities));
    REQUIRE(same_bits(back->forces.value(), frame.forces));
    REQUIRE(back->energy == frame.scalars.potential_energy);
  }
  CHECK_FALSE(reader.next().has_value());
}

}  // namespace
}  // namespace fusemd
