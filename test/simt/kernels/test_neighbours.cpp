// SPDX-License-Identifier: MIT
// The all-pairs search against plain loops in double.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/neighbours.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kCutoff = 5.0;

void check_rows(const std::vector<System>& systems, unsigned threads) {
  const DeviceBatch batch(systems);
  DeviceEdges edges(room_for_all(systems));
  DeviceArray<std::uint32_t> room_needed = zeroed<std::uint32_t>(systems.size());
  all_pairs(batch.view(), batch.positions(), kCutoff, edges.view(), nullptr, room_needed.data(),
            policy_of_width(threads), nullptr);
  const auto counts = edges.counts();
  const auto found = edges.j();
  const auto geometry = edges.geometry();
  for (std::size_t s = 0; s < systems.size(); ++s) {
    const System& system = systems[s];
    for (std::size_t i = 0; i < system.size(); ++i) {
      const std::size_t atom = batch.start(s) + i;
      std::size_t slot = edges.starts()[atom];
      for (std::size_t j = 0; j < system.size(); ++j) {
        const Vec3 r = system.positions[j] - system.positions[i];
        const double d = norm(r);
        if (j == i || !(d <= kCutoff)) continue;
        const std::string what = "edge " + std::to_string(j) + " -> " + std::to_string(i) +
                                 " of system " + std::to_string(s);
        expect(slot < edges.starts()[atom] + counts[atom], what + " is missing");
        expect(found[slot] == batch.start(s) + j, what + " is another");
        const Tolerance one_rounding = {.absolute = 1e-12,
                                        .relative = 0x1p-23,
                                        .why = "double, rounded once: an ulp, and 1e-13 before"};
        expect_close(double{geometry[slot][3]}, d, one_rounding, what + ", d");
        expect_close(double{geometry[slot][0]}, r.x / (d + 1e-8), one_rounding, what + ", u_x");
        expect_close(double{geometry[slot][1]}, r.y / (d + 1e-8), one_rounding, what + ", u_y");
        expect_close(double{geometry[slot][2]}, r.z / (d + 1e-8), one_rounding, what + ", u_z");
        ++slot;
      }
      expect(slot == edges.starts()[atom] + counts[atom], "a row has edges too many");
    }
  }
  same_bits(counts);
  same_bits(room_needed.download());
  for (const std::uint32_t needed : room_needed.download()) expect(needed == 0, "rows are full");
}

FUSEMD_KERNEL_CASE("all_pairs of 0 to 37 atoms at four block widths") {
  for (const unsigned threads : {32u, 64u, 96u, 256u}) {
    check_rows(systems_of_many_sizes(), threads);
  }
}

FUSEMD_KERNEL_CASE("all_pairs of nothing") { check_rows({}, 64); }

FUSEMD_KERNEL_CASE("all_pairs of 211 atoms") { check_rows({random_box(211, 3)}, 128); }

// The cutoff is inclusive; neither far from the origin nor close together may precision be lost.
FUSEMD_KERNEL_CASE("all_pairs at the edge of the cutoff, far away, very close") {
  System at_cutoff = pair(1, 1, kCutoff);
  System beyond = pair(1, 1, std::nextafter(kCutoff, 6.0));
  at_cutoff.positions = {{0, 0, 0}, {0, 0, kCutoff}};
  beyond.positions = {{0, 0, 0}, {0, 0, std::nextafter(kCutoff, 6.0)}};
  System far = water();
  for (Vec3& x : far.positions) x += Vec3{1e6, -1e6, 3e5};
  check_rows({at_cutoff, beyond, far, pair(1, 1, 1e-3), pair(1, 1, 1e-7)}, 64);
}

FUSEMD_KERNEL_CASE("all_pairs of atoms in one place") {
  const std::vector<System> systems = {pair(1, 1, 0.0)};
  BatchWithEdges made(systems, kCutoff);
  expect(made.edges.counts() == std::vector<std::uint32_t>{1, 1}, "they are neighbours");
  for (const std::array<float, 4>& g : made.edges.geometry()) {
    expect(g == std::array<float, 4>{}, "without direction");
  }
}

FUSEMD_KERNEL_CASE("all_pairs of a position that is no number") {
  System system = water();
  system.positions[1].y = std::numeric_limits<double>::quiet_NaN();
  BatchWithEdges made({system}, kCutoff);
  expect(made.edges.counts() == std::vector<std::uint32_t>{1, 0, 1}, "it has no neighbours");
}

// Rows of 5 for atoms of 11 neighbours: what fits is there, and the word says what does not.
FUSEMD_KERNEL_CASE("all_pairs with too little room") {
  const std::vector<System> systems = {water(), benzene(), water()};
  const DeviceBatch batch(systems);
  std::vector<std::uint32_t> room = room_for_all(systems);
  for (std::size_t i = batch.start(1); i < batch.start(2); ++i) room[i] = 5;
  DeviceEdges edges(room);
  DeviceArray<std::uint32_t> room_needed = zeroed<std::uint32_t>(systems.size());
  all_pairs(batch.view(), batch.positions(), kCutoff, edges.view(), nullptr, room_needed.data(),
            policy_of_width(64), nullptr);
  expect(room_needed.download() == std::vector<std::uint32_t>{0, 11, 0}, "benzene needs 11");
  const auto counts = edges.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    expect(counts[i] == room[i], "every row is full");
  }
  expect(edges.j()[edges.starts()[batch.start(1)]] == batch.start(1) + 1,
         "the first ones are kept");
}

// Where in a batch a molecule sits changes nothing.
FUSEMD_KERNEL_CASE("all_pairs alone and in a batch") {
  const System molecule = rattled(aspirin(), 0.05, 4);
  BatchWithEdges alone({molecule}, kCutoff);
  const std::vector<System> systems = {benzene(), molecule, water()};
  BatchWithEdges among(systems, kCutoff);
  const std::size_t first = among.batch.start(1);
  const auto counts = among.edges.counts();
  expect(std::vector(counts.begin() + 12, counts.begin() + 33) == alone.edges.counts(), "counts");
  const auto ours = among.edges.geometry();
  const auto theirs = alone.edges.geometry();
  for (std::size_t i = 0; i < molecule.size(); ++i) {
    for (std::size_t k = 0; k < counts[first + i]; ++k) {
      const auto& a = ours[among.edges.starts()[first + i] + k];
      const auto& b = theirs[alone.edges.starts()[i] + k];
      expect(a == b, "the same bits");
    }
  }
}

}  // namespace
}  // namespace fusemd::test
