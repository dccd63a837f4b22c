// SPDX-License-Identifier: MIT
#include "host/cuda/edge_finder.hpp"

#include <algorithm>
#include <utility>

#include "host/cuda/row_starts.hpp"
#include "kernels/neighbours.hpp"

namespace fusemd::cuda {
namespace {

/// Edges an atom that a list starts with: more than matter at the density of an organic crystal has
/// within 5 Angstrom (some 60 atoms), and every other atom of a small molecule.
constexpr std::uint32_t kFirstRoom = 96;

}  // namespace

EdgeFinder::EdgeFinder(std::vector<std::uint32_t> system_start,
                       const BatchView& batch,
                       double cutoff)
    : system_start_(std::move(system_start)), batch_(batch), cutoff_(cutoff) {
  const Stream stream = nullptr;
  std::vector<std::uint32_t> small, large, sorted_atoms;
  for (std::uint32_t s = 0; s < batch.n_systems; ++s) {
    const std::uint32_t atoms = system_start_[s + 1] - system_start_[s];
    room_.push_back(std::min(std::max(atoms, 1U) - 1, kFirstRoom));
    small.push_back(atoms <= kAllPairsUpTo ? 1 : 0);
    large.push_back(1 - small.back());
    sorted_atoms.push_back(large.back() == 1 ? atoms : 0);
  }
  some_small_ = std::ranges::count(small, 1U) > 0;
  some_large_ = std::ranges::count(large, 1U) > 0;
  small_ = uploaded(small, stream);
  large_ = uploaded(large, stream);
  if (some_large_) cells_ = CellArrays(sorted_atoms, batch, stream);
  count_ = DeviceBuffer<std::uint32_t>(batch.n_atoms);
  room_needed_ = DeviceBuffer<std::uint32_t>(batch.n_systems);
  host_room_needed_ = PinnedBuffer<std::uint32_t>(batch.n_systems);
  lay_out(stream);
}

void EdgeFinder::lay_out(Stream stream) {
  const std::vector<std::uint32_t> start = row_starts(system_start_, room_);
  start_ = uploaded(start, stream);
  j_ = DeviceBuffer<std::uint32_t>(start.back());
  geometry_ = DeviceBuffer<float>(std::size_t{4} * start.back());
}

MutableEdges EdgeFinder::view() {
  return {
      .start = start_.data(), .count = count_.data(), .j = j_.data(), .geometry = geometry_.data()};
}

void EdgeFinder::find(const PositionsView& positions, const LaunchPolicy& policy, Stream stream) {
  device::fill_bytes(room_needed_.data(), 0, room_needed_.bytes(), stream);
  if (some_small_) {
    all_pairs(batch_, positions, cutoff_, view(), small_.data(), room_needed_.data(), policy,
              stream);
  }
  if (some_large_) {
    const CellListView cells = cells_.view();
    build_cells(batch_, positions, cutoff_, cells, large_.data(), policy, stream);
    cell_neighbours(batch_, positions, cutoff_, cells, view(), large_.data(), room_needed_.data(),
                    policy, stream);
  }
  device::copy_to_host(host_room_needed_.data(), room_needed_.data(), room_needed_.bytes(), stream);
}

bool EdgeFinder::had_room(Stream stream) {
  device::synchronize(stream);
  bool enough = true;
  for (std::uint32_t s = 0; s < batch_.n_systems; ++s) {
    const std::uint32_t needed = host_room_needed_[s];
    if (needed <= room_[s]) continue;
    enough = false;
    // A quarter more, so that a system that contracts does not grow its lists at every step.
    const std::uint32_t others = system_start_[s + 1] - system_start_[s] - 1;
    room_[s] = std::min(others, needed + needed / 4);
  }
  if (!enough) lay_out(stream);
  return enough;
}

}  // namespace fusemd::cuda
