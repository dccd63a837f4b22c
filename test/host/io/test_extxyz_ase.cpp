// SPDX-License-Identifier: MIT
// ASE as the independent reader and writer of extended XYZ.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "host/elements.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/structure_check.hpp"
#include "test/host/io/frames.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/skip.hpp"
#include "test/support/source_tree.hpp"
#include "test/support/temporary_folder.hpp"

namespace fusemd {
namespace {

/// sqrt(eV/amu) in Angstrom/fs, from CODATA 2018, as a person would type it into a calculator.
constexpr double kAseVelocity = 0.09822694750253277;

struct AseFrame {
  double energy = 0.0;
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions, velocities, forces;  ///< velocities in Angstrom/fs
  std::vector<double> masses;
};

std::string python() { return FUSEMD_PYTHON; }

bool has_ase() {
  static const bool present = std::system((python() + " -c 'import ase' 2>/dev/null").c_str()) == 0;
  return test::available(present, "ASE for " + python());
}

/// Runs ase_frames.py and reads its answer with the standard library, not with ours.
std::vector<AseFrame> through_ase(const std::string& verb, const std::string& path) {
  const std::string command = python() + " '" + test::source_path("test/host/io/ase_frames.py") +
                              "' " + verb + " '" + path + "'";
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  REQUIRE(::pclose(pipe) == 0);

  std::istringstream in(text);
  std::vector<AseFrame> frames;
  for (std::size_t n = 0; in >> n;) {
    AseFrame& frame = frames.emplace_back();
    in >> frame.energy;
    for (std::size_t i = 0; i < n; ++i) {
      int number = 0;
      Vec3 r, v, f;
      double mass = 0.0;
      in >> number >> r.x >> r.y >> r.z >> v.x >> v.y >> v.z >> f.x >> f.y >> f.z >> mass;
      REQUIRE(in);
      frame.atomic_numbers.push_back(number);
      frame.positions.push_back(r);
      frame.velocities.push_back(kAseVelocity * v);
      frame.forces.push_back(f);
      frame.masses.push_back(mass);
    }
  }
  return frames;
}

TEST_CASE("ASE reads our trajectories: positions, energy, forces, velocities") {
  if (!has_ase()) return;
  constexpr unsigned kSeed = 3;
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed);
  const test::TemporaryFolder folder;
  std::string text;
  std::vector<test::OwnedFrame> frames;
  for (int k = 0; k < 50; ++k) {
    test::OwnedFrame frame = test::random_frame(random, 1 + random() % 30);
    // Every second frame leaves the masses to the two tables of atomic weights.
    for (std::size_t i = 0; k % 2 == 1 && i < frame.atomic_numbers.size(); ++i) {
      frame.masses.push_back(std::uniform_real_distribution(1.0, 40.0)(random));
    }
    append_extxyz(text, frame.view());
    frames.push_back(std::move(frame));
  }
  test::write_file(folder.file("ours.xyz"), text);

  const auto seen = through_ase("read", folder.file("ours.xyz"));
  REQUIRE(seen.size() == frames.size());
  for (std::size_t k = 0; k < frames.size(); ++k) {
    INFO("frame " << k);
    CHECK(seen[k].atomic_numbers == frames[k].atomic_numbers);
    CHECK(seen[k].positions == frames[k].positions);
    CHECK(seen[k].forces == frames[k].forces);
    CHECK(seen[k].energy == frames[k].scalars.potential_energy);
    // m v and p / m round once each, and so does the constant: 4 roundings of 1e-16 of speeds <
    // 0.2.
    CHECK(test::max_difference(seen[k].velocities, frames[k].velocities) <= 1e-15);
    for (std::size_t i = 0; i < seen[k].masses.size(); ++i) {
      const bool own = !frames[k].masses.empty();
      CHECK(seen[k].masses[i] ==
            (own ? frames[k].masses[i] : standard_atomic_weight(seen[k].atomic_numbers[i])));
    }
  }
}

TEST_CASE("we read what ASE writes") {
  if (!has_ase()) return;
  const test::TemporaryFolder folder;
  const std::string path = folder.file("theirs.xyz");
  const auto expected = through_ase("write", path);
  const auto frames = read_extxyz(path);
  REQUIRE(frames.size() == 20);
  REQUIRE(expected.size() == 20);
  for (std::size_t k = 0; k < frames.size(); ++k) {
    INFO(frames[k].name);
    constexpr double kHalfDigit = 0.51e-8;  // ASE writes columns with 8 decimals
    CHECK(frames[k].atomic_numbers == expected[k].atomic_numbers);
    CHECK(test::max_difference(frames[k].positions, expected[k].positions) <= kHalfDigit);
    CHECK(test::max_difference(frames[k].forces.value(), expected[k].forces) <= kHalfDigit);
    CHECK(frames[k].energy == expected[k].energy);
    const Structure& frame = frames[k];
    for (std::size_t i = 0; i < frame.size(); ++i) {
      // The momentum and, where they are written, the mass are rounded to 8 decimals. |p| < 2.5.
      const double mass = expected[k].masses[i];
      const double tolerance = kAseVelocity / mass * (kHalfDigit + 2.5 / mass * kHalfDigit);
      CHECK(test::max_difference(std::vector{frame.velocities.value()[i]},
                                 std::vector{expected[k].velocities[i]}) <= tolerance);
      if (!frame.masses.empty()) CHECK(std::abs(frame.masses[i] - mass) <= kHalfDigit);
    }
    CHECK(frames[k].masses.empty() == (k % 3 != 0));
    REQUIRE(frames[k].cell.has_value() == (k % 4 == 0));
    if (frames[k].cell) CHECK(frames[k].cell->periodic == std::array{true, false, k % 8 == 0});
  }
}

TEST_CASE("the examples are the same molecules to ASE") {
  if (!has_ase()) return;
  // ASE needs energies and forces to show a frame, so it gets the files as we write them, with
  // zeros.
  const test::TemporaryFolder folder;
  std::string text;
  std::vector<Structure> frames;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_path("examples"))) {
    if (entry.path().extension() != ".xyz") continue;
    for (Structure& frame : read_extxyz(entry.path().string())) {
      INFO(frame.name);
      CHECK_NOTHROW(check_structure(frame));
      frame.energy = 0.0;
      frame.forces.emplace(frame.size());
      append_extxyz(text, frame);
      frames.push_back(std::move(frame));
    }
  }
  REQUIRE(frames.size() >= 9);
  test::write_file(folder.file("copies.xyz"), text);
  const auto seen = through_ase("read", folder.file("copies.xyz"));
  REQUIRE(seen.size() == frames.size());
  for (std::size_t k = 0; k < frames.size(); ++k) {
    INFO(frames[k].name);
    CHECK(seen[k].atomic_numbers == frames[k].atomic_numbers);
    CHECK(seen[k].positions == frames[k].positions);
  }
}

}  // namespace
}  // namespace fusemd
