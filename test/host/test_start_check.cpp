// SPDX-License-Identifier: MIT
#include <cmath>
#include <string>
#include <vector>

#include "host/md/velocities.hpp"
#include "host/start_check.hpp"
#include "host/structure_check.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "weights/error.hpp"

using namespace fusemd;

namespace {

Structure waters(const std::vector<Vec3>& oxygens) {
  Structure s;
  s.name = "x.xyz, frame 1";
  for (const Vec3& o : oxygens) {
    s.atomic_numbers.insert(s.atomic_numbers.end(), {8, 1, 1});
    s.positions.insert(s.positions.end(),
                       {o, o + Vec3{0.7555, 0, 0.589}, o + Vec3{-0.7555, 0, 0.589}});
  }
  return s;
}

std::string all(const Structure& structure, const StartConditions& start) {
  std::string text;
  for (const std::string& sentence : start_warnings(structure, start)) text += sentence + "\n";
  return text;
}

}  // namespace

// fault: parts of the input beyond the cutoff from everything else | a warning with their number
// and the smallest one
TEST_CASE("parts that do not act on each other are told") {
  const StartConditions start{.cutoff = 5.0, .timestep = 0.5, .temperature = 300.0};
  // Chains whose neighbours are 4.9 Angstrom apart hold together, in any order and direction.
  for (const Vec3 step : {Vec3{4.9, 0, 0}, Vec3{0, 4.9, 0}, Vec3{0, 0, -4.9}}) {
    std::vector<Vec3> places;
    for (const double k : {3.0, 0.0, 4.0, 1.0, 2.0}) places.push_back(k * step);
    REQUIRE(all(waters(places), start).empty());
    places[4] = 100.0 * step;  // the middle link
    REQUIRE(all(waters(places), start).find("3 parts lie farther than the cutoff of 5 Angstrom") !=
            std::string::npos);
  }
  Structure lone = waters({{0, 0, 0}, {0, 0, 3}});
  lone.atomic_numbers.push_back(6);
  lone.positions.push_back({0, 0, 12});
  REQUIRE(
      all(lone, start) ==
      "x.xyz, frame 1: 2 parts lie farther than the cutoff of 5 Angstrom apart and do not act on "
      "each other; the smallest is atom 7 (C) alone\n");
}

// fault: velocities in the input far from the temperature asked for | a warning with both
// temperatures
TEST_CASE("velocities far from the temperature asked for are told, and thermal ones are not") {
  Structure s = waters({{0, 0, 0}, {0, 0, 3}, {0, 3, 0}, {3, 0, 0}});
  const std::vector<double> one = {15.999, 1.008, 1.008};
  std::vector<double> masses;
  for (int k = 0; k < 4; ++k) masses.insert(masses.end(), one.begin(), one.end());
  StartConditions start{
      .cutoff = 5.0, .timestep = 0.5, .temperature = 300.0, .ensemble = Ensemble::nve};
  for (int replica = 0; replica < 200; ++replica) {  // canonical draws: all of them are thermal
    s.velocities = std::vector<Vec3>(s.size());
    draw_velocities({.seed = 3,
                     .replica = replica,
                     .temperature = 300.0,
                     .ensemble = Ensemble::nve,
                     .exact_temperature = false},
                    s.positions, masses, *s.velocities);
    REQUIRE(all(s, start).empty());
  }
  draw_velocities({.seed = 3, .temperature = 300.0, .ensemble = Ensemble::nve}, s.positions, masses,
                  *s.velocities);
  for (Vec3& v : *s.velocities) v *= 3.0;
  REQUIRE(all(s, start) ==
          "x.xyz, frame 1: its velocities have a temperature of 2700 K, and 300 K was "
          "asked for; --velocities exact draws new ones\n");
  start.uses_given_velocities = false;
  REQUIRE(all(s, start).empty());
  start.uses_given_velocities = true;
  for (Vec3& v : *s.velocities) v *= 1e-3;
  REQUIRE_FALSE(all(s, start).empty());
  start.temperature = 0.0;
  REQUIRE(all(s, start).empty());
}

// fault: a time step too long for the lightest atom | a warning with the longest advised
TEST_CASE("a long time step is told by the lightest atom") {
  const std::vector<Structure> water = {waters({{0, 0, 0}})};
  REQUIRE(timestep_warning(water, 1.0).empty());
  REQUIRE(timestep_warning(water, 2.0) ==
          "a time step of 2 fs is long for atoms of 1.008 amu: at most 1 fs is advised");
  std::vector<Structure> heavy = water;
  heavy[0].masses = {15.999, 4.032, 4.032};  // four times as heavy: twice as slow
  REQUIRE(timestep_warning(heavy, 2.0).empty());
  REQUIRE_FALSE(timestep_warning(heavy, 2.01).empty());
}

// fault: a left-handed periodic cell | refused, with its determinant
TEST_CASE("a left-handed cell is refused") {
  Structure s = waters({{0, 0, 0}});
  s.cell = Cell{{Vec3{10, 0, 0}, Vec3{0, 0, 10}, Vec3{0, 10, 0}}, {true, true, true}};
  std::string words;
  try {
    check_structure(s);
  } catch (const InputError& error) {
    words = error.what();
  }
  REQUIRE(words.find("the cell is left-handed") != std::string::npos);
  REQUIRE(words.find("-1000") != std::string::npos);
  std::swap(s.cell->vectors[1], s.cell->vectors[2]);
  check_structure(s);
  s.cell = Cell{};  // no cell: programs write zeros
  check_structure(s);
}
