// SPDX-License-Identifier: MIT
// Edges from lists with a skin against the all-pairs search at the same positions: bit for bit,
// whatever the age of the list.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "kernels/candidates.hpp"
#include "test/simt/kernels/device_cells.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kCutoff = 5.0;
constexpr double kSkin = 1.0;

LaunchPolicy policy(unsigned threads) {
  LaunchPolicy made = policy_of_width(threads);
  made.cell_threads = kNarrowCellThreads;
  return made;
}

std::vector<double> component(const std::vector<System>& systems, double Vec3::*member) {
  std::vector<double> values;
  for (const System& system : systems) {
    for (const Vec3& r : system.positions) values.push_back(r.*member);
  }
  return values;
}

/// Lists of a batch, none of them made yet.
class Lists {
 public:
  Lists(const std::vector<System>& systems, const std::vector<std::uint32_t>& room)
      : cells_(usual_entries(systems), room.size()),
        edges_(room),
        count_(room.size()),
        j_(edges_.starts().back()),
        unsorted_(edges_.starts().back()),
        x_(never(room.size())),
        y_(never(room.size())),
        z_(never(room.size())),
        room_needed_(zeroed<std::uint32_t>(systems.size())),
        halted_(zeroed<std::uint32_t>(1)) {}

  /// Makes the lists that are due at these positions.
  void make(const DeviceBatch& at,
            const std::vector<std::uint32_t>& due,
            const LaunchPolicy& shapes) {
    const DeviceArray<std::uint32_t> device_due(due);
    build_cells(at.view(), at.positions(), kCutoff + kSkin, cells_.view(), device_due.data(),
                shapes, nullptr);
    find_candidates(at.view(), at.positions(), kCutoff + kSkin, cells_.view(), view(),
                    device_due.data(), room_needed_.data(), halted_.data(), shapes, nullptr);
  }

  /// The edges at these positions must be those of all pairs, with the same bits.
  void expect_edges(const std::vector<System>& systems, const LaunchPolicy& shapes) {
    const DeviceBatch at(systems);
    edges_of_candidates(at.view(), at.positions(), kCutoff, view(), edges_.view(), shapes, nullptr);
    BatchWithEdges all(systems, kCutoff);
    const auto counts = edges_.counts();
    expect(counts == all.edges.counts(), "counts of edges");
    const auto j = edges_.j(), expected_j = all.edges.j();
    const auto geometry = edges_.geometry(), expected_geometry = all.edges.geometry();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::size_t at_edge = edges_.starts()[i], expected_at = all.edges.starts()[i];
      for (std::size_t e = 0; e < counts[i]; ++e) {
        expect(j[at_edge + e] == expected_j[expected_at + e], "neighbours of all pairs, in order");
        expect(geometry[at_edge + e] == expected_geometry[expected_at + e], "their geometry");
      }
    }
    same_bits(counts);
  }

  [[nodiscard]] std::vector<std::uint32_t> room_needed() const { return room_needed_.download(); }
  [[nodiscard]] bool halted() const { return halted_.download()[0] != 0; }
  [[nodiscard]] std::vector<double> found_at_x() const { return x_.download(); }

 private:
  static DeviceArray<double> never(std::size_t n) {
    return DeviceArray<double>(std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()));
  }
  CandidatesView view() {
    const MutableEdges rows = edges_.view();
    return {.start = rows.start,
            .count = count_.data(),
            .j = j_.data(),
            .unsorted = unsorted_.data(),
            .found_at = {x_.data(), y_.data(), z_.data()}};
  }

  DeviceCells cells_;
  DeviceEdges edges_;
  DeviceArray<std::uint32_t> count_, j_, unsorted_;
  DeviceArray<double> x_, y_, z_;
  DeviceArray<std::uint32_t> room_needed_, halted_;
};

std::vector<std::uint32_t> all_of(const std::vector<System>& systems) {
  return std::vector<std::uint32_t>(systems.size(), 1);
}

/// The same atoms, each moved by less than half the skin.
std::vector<System> moved(std::vector<System> systems) {
  unsigned seed = 3;
  for (System& system : systems) system = rattled(system, 0.28, seed++);
  return systems;
}

void check(const std::vector<System>& before, unsigned threads) {
  const LaunchPolicy shapes = policy(threads);
  const DeviceBatch batch(before);
  Lists lists(before, room_for_all(before));
  lists.make(batch, all_of(before), shapes);
  lists.expect_edges(before, shapes);
  lists.expect_edges(moved(before), shapes);
  for (const std::uint32_t needed : lists.room_needed()) expect(needed == 0, "rows have room");
  expect(!lists.halted(), "nothing to halt for");
}

FUSEMD_KERNEL_CASE("candidates of 0 to 37 atoms, fresh and old") {
  check(systems_of_many_sizes(), 64);
}

FUSEMD_KERNEL_CASE("candidates of 150 atoms, fresh and old") { check({random_box(150, 5)}, 128); }

FUSEMD_KERNEL_CASE("candidates of nothing") {
  check({}, 64);
  check({{}}, 64);
}

FUSEMD_KERNEL_CASE("candidates of the systems that are due") {
  const LaunchPolicy shapes = policy(64);
  const std::vector<System> before = {random_box(33, 7), water(), random_box(12, 8)};
  std::vector<System> after = moved(before);
  after[2].positions[5].x += 3.0;  // beyond the skin
  const DeviceBatch old_batch(before);
  const DeviceBatch batch(after);
  Lists lists(before, room_for_all(before));
  lists.make(old_batch, {1, 1, 1}, shapes);
  lists.make(batch, {0, 0, 1}, shapes);
  const std::vector<double> expected = component(before, &Vec3::x);
  const std::vector<double> found = lists.found_at_x();
  for (std::size_t i = 0; i < batch.start(2); ++i) {
    expect(found[i] == expected[i], "a list that is not due is left alone");
  }
  expect(found[batch.start(2) + 5] == after[2].positions[5].x, "one that is due is made anew");
  lists.expect_edges(after, shapes);
}

FUSEMD_KERNEL_CASE("candidates with too little room") {
  const LaunchPolicy shapes = policy(64);
  const std::vector<System> systems = {water(), random_box(33, 33)};
  const DeviceBatch batch(systems);
  Lists lists(systems, std::vector<std::uint32_t>(batch.n_atoms(), 4));
  lists.make(batch, {1, 1}, shapes);
  const BatchWithEdges all(systems, kCutoff + kSkin);
  const auto counts = all.edges.counts();
  const std::uint32_t most = *std::max_element(counts.begin(), counts.end());
  expect(lists.room_needed() == std::vector<std::uint32_t>{0, most}, "the room needed");
  expect(lists.halted(), "what has no room halts");
}

FUSEMD_KERNEL_CASE("candidates of positions that are no numbers") {
  System broken = benzene();
  broken.positions[3].y = std::numeric_limits<double>::quiet_NaN();
  System lost = single_atom(1);
  lost.positions[0].x = std::numeric_limits<double>::infinity();
  check({broken, lost, benzene()}, 64);
}

}  // namespace
}  // namespace fusemd::test
