// SPDX-License-Identifier: MIT
// Cell lists against the all-pairs search, and their order against renumbered atoms.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cell_list.hpp"
#include "kernels/neighbours.hpp"
#include "test/simt/kernels/device_cells.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kCutoff = 5.0;

LaunchPolicy policy(unsigned threads, unsigned cell_threads) {
  LaunchPolicy made = policy_of_width(threads);
  made.cell_threads = cell_threads;
  return made;
}

/// Rows of neighbours by atom, as indices inside the system, in the list's order.
using Rows = std::vector<std::vector<std::size_t>>;
Rows rows_of(const DeviceEdges& edges,
             const DeviceBatch& batch,
             const std::vector<System>& systems) {
  const auto counts = edges.counts();
  const auto j = edges.j();
  Rows rows;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    for (std::size_t i = 0; i < systems[s].size(); ++i) {
      const std::size_t atom = batch.start(s) + i;
      rows.emplace_back();
      for (std::size_t e = 0; e < counts[atom]; ++e) {
        rows.back().push_back(j[edges.starts()[atom] + e] - batch.start(s));
      }
    }
  }
  return rows;
}

/// The rows that the cells give, after a comparison with those of all pairs.
Rows check(const std::vector<System>& systems,
           const std::vector<std::uint32_t>& entries,
           const LaunchPolicy& shapes) {
  const DeviceBatch batch(systems);
  DeviceCells cells(entries, batch.n_atoms());
  DeviceEdges edges(room_for_all(systems));
  DeviceArray<std::uint32_t> room_needed = zeroed<std::uint32_t>(systems.size());
  build_cells(batch.view(), batch.positions(), kCutoff, cells.view(), nullptr, shapes, nullptr);
  cell_neighbours(batch.view(), batch.positions(), kCutoff, cells.view(), edges.view(), nullptr,
                  room_needed.data(), shapes, nullptr);
  for (const std::uint32_t needed : room_needed.download()) expect(needed == 0, "rows have room");
  Rows rows = rows_of(edges, batch, systems);
  same_bits(edges.counts());
  for (const auto& row : rows) same_bits(row);

  BatchWithEdges all(systems, kCutoff);
  const Rows expected = rows_of(all.edges, all.batch, systems);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::size_t> sorted = rows[i];
    std::sort(sorted.begin(), sorted.end());
    expect(sorted == expected[i], "the edges of all pairs, atom " + std::to_string(i));
  }
  return rows;
}

FUSEMD_KERNEL_CASE("cell_list of 0 to 37 atoms at two block widths") {
  const auto systems = systems_of_many_sizes();
  const Rows narrow = check(systems, usual_entries(systems), policy(64, kNarrowCellThreads));
  expect(check(systems, usual_entries(systems), policy(96, kWideCellThreads)) == narrow,
         "the same rows");
}

FUSEMD_KERNEL_CASE("cell_list of 307 atoms") {
  const std::vector<System> systems = {random_box(307, 5)};
  (void)check(systems, usual_entries(systems), policy(128, kNarrowCellThreads));
}

FUSEMD_KERNEL_CASE("cell_list of nothing") {
  (void)check({}, {}, policy(64, kNarrowCellThreads));
  (void)check({{}}, {cell_entries(0)}, policy(64, kNarrowCellThreads));
}

// More cells than threads, so that the scan goes round; and a system far from the origin.
FUSEMD_KERNEL_CASE("cell_list of a thin cloud") {
  System cloud;
  Random random(9);
  for (std::size_t i = 0; i < 40; ++i) {
    cloud.atomic_numbers.push_back(1);
    cloud.positions.push_back(random_in_cube(random, 25.0) + Vec3{1e5, -3e4, 7.0});
  }
  (void)check({cloud}, {1200}, policy(64, kNarrowCellThreads));
  (void)check({cloud}, {2}, policy(64, kNarrowCellThreads));  // one cell
}

FUSEMD_KERNEL_CASE("cell_list of positions that are no numbers, or very large") {
  System broken = benzene();
  broken.positions[3].y = std::numeric_limits<double>::quiet_NaN();
  System far = benzene();
  far.positions[0].x = 1e12;
  System infinite = benzene();
  infinite.positions[0].z = std::numeric_limits<double>::infinity();
  System lost = single_atom(1);
  lost.positions[0].x = std::numeric_limits<double>::quiet_NaN();
  const std::vector<System> systems = {broken, far, infinite, lost, benzene()};
  (void)check(systems, usual_entries(systems), policy(64, kNarrowCellThreads));
}

// The order of neighbours is that of positions, whatever the atoms' numbers.
FUSEMD_KERNEL_CASE("cell_list of renumbered atoms") {
  const System system = random_box(60, 6);
  std::vector<std::size_t> numbers(system.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  Random random(3);
  for (std::size_t i = numbers.size(); i > 1; --i)
    std::swap(numbers[i - 1], numbers[random.below(i)]);
  System renumbered;
  for (const std::size_t i : numbers) {
    renumbered.atomic_numbers.push_back(system.atomic_numbers[i]);
    renumbered.positions.push_back(system.positions[i]);
  }
  // Behind another system: its place in a batch changes nothing either.
  const Rows rows = check({system}, {cell_entries(60)}, policy(64, kNarrowCellThreads));
  const Rows others =
      check({water(), renumbered}, {30, cell_entries(60)}, policy(64, kNarrowCellThreads));
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    std::vector<std::size_t> named;
    for (const std::size_t j : others[3 + k]) named.push_back(numbers[j]);
    expect(named == rows[numbers[k]], "the same neighbours in the same order");
  }
}

// Atoms in one place are told apart by element, then number.
FUSEMD_KERNEL_CASE("cell_list of atoms in one place") {
  System system;
  system.atomic_numbers = {6, 1, 6, 1};
  system.positions.assign(4, Vec3{1, 2, 3});
  const Rows rows = check({system}, {cell_entries(4)}, policy(64, kNarrowCellThreads));
  expect(rows[0] == std::vector<std::size_t>{1, 3, 2}, "hydrogens first, in order");
}

FUSEMD_KERNEL_CASE("cell_list with too little room") {
  const std::vector<System> systems = {water(), random_box(33, 33)};
  const DeviceBatch batch(systems);
  DeviceCells cells(usual_entries(systems), batch.n_atoms());
  std::vector<std::uint32_t> room(batch.n_atoms(), 4);
  DeviceEdges edges(room);
  DeviceArray<std::uint32_t> room_needed = zeroed<std::uint32_t>(2);
  const LaunchPolicy shapes = policy(64, kNarrowCellThreads);
  build_cells(batch.view(), batch.positions(), kCutoff, cells.view(), nullptr, shapes, nullptr);
  cell_neighbours(batch.view(), batch.positions(), kCutoff, cells.view(), edges.view(), nullptr,
                  room_needed.data(), shapes, nullptr);
  BatchWithEdges all(systems, kCutoff);
  const auto counts = all.edges.counts();
  const std::uint32_t most = *std::max_element(counts.begin(), counts.end());
  expect(room_needed.download() == std::vector<std::uint32_t>{0, most}, "the room needed");
}

}  // namespace
}  // namespace fusemd::test
