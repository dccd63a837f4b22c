// SPDX-License-Identifier: MIT
#include "host/cuda/candidate_lists.hpp"

#include <algorithm>

#include "host/cuda/row_starts.hpp"

namespace fusemd::cuda {

CandidateLists::CandidateLists(std::span<const std::uint32_t> system_start,
                               const BatchView& batch,
                               double cutoff,
                               std::uint32_t* halted,
                               const CandidateOptions& options)
    : system_start_(system_start.begin(), system_start.end()),
      batch_(batch),
      cutoff_(cutoff),
      halted_(halted),
      options_(options) {
  const Stream stream = nullptr;
  std::vector<std::uint32_t> sorted_atoms;
  for (std::uint32_t s = 0; s < batch.n_systems; ++s) {
    const std::uint32_t atoms = system_start_[s + 1] - system_start_[s];
    room_.push_back(std::min(std::max(atoms, 1U) - 1, options.first_room));
    sorted_atoms.push_back(atoms);
  }
  cells_ = CellArrays(sorted_atoms, batch, stream);
  count_ = DeviceBuffer<std::uint32_t>(batch.n_atoms);
  edge_count_ = DeviceBuffer<std::uint32_t>(batch.n_atoms);
  found_at_ = DeviceBuffer<double>(std::size_t{3} * batch.n_atoms);
  due_ = DeviceBuffer<std::uint32_t>(batch.n_systems);
  room_needed_ = DeviceBuffer<std::uint32_t>(batch.n_systems);
  lay_out(stream);
}

void CandidateLists::lay_out(Stream stream) {
  const std::vector<std::uint32_t> start = row_starts(system_start_, room_);
  start_ = uploaded(start, stream);
  j_ = DeviceBuffer<std::uint32_t>(start.back());
  unsorted_ = DeviceBuffer<std::uint32_t>(start.back());
  edge_j_ = DeviceBuffer<std::uint32_t>(start.back());
  geometry_ = DeviceBuffer<float>(std::size_t{4} * start.back());
}

CandidatesView CandidateLists::candidates() {
  const std::size_t row = batch_.n_atoms;
  return {.start = start_.data(),
          .count = count_.data(),
          .j = j_.data(),
          .unsorted = unsorted_.data(),
          .found_at = {found_at_.data(), found_at_.data() + row, found_at_.data() + 2 * row}};
}

MutableEdges CandidateLists::mutable_edges() {
  return {.start = start_.data(),
          .count = edge_count_.data(),
          .j = edge_j_.data(),
          .geometry = geometry_.data()};
}

void CandidateLists::search(const PositionsView& positions,
                            const LaunchPolicy& policy,
                            Stream stream) {
  const CellListView cells = cells_.view();
  const double radius = cutoff_ + options_.skin;
  build_cells(batch_, positions, radius, cells, due_.data(), policy, stream);
  find_candidates(batch_, positions, radius, cells, candidates(), due_.data(), room_needed_.data(),
                  halted_, policy, stream);
}

void CandidateLists::find(const PositionsView& positions,
                          const LaunchPolicy& policy,
                          Stream stream) {
  search(positions, policy, stream);
  edges_of_candidates(batch_, positions, cutoff_, candidates(), mutable_edges(), policy, stream);
}

void CandidateLists::make(const PositionsView& positions,
                          const LaunchPolicy& policy,
                          Stream stream) {
  do {
    device::fill_bytes(room_needed_.data(), 0, room_needed_.bytes(), stream);
    device::fill_bytes(halted_, 0, sizeof *halted_, stream);
    device::fill_bytes(due_.data(), 1, due_.bytes(), stream);  // any number but 0
    search(positions, policy, stream);
    device::fill_bytes(due_.data(), 0, due_.bytes(), stream);
  } while (grow(stream) > 0);
}

std::uint32_t CandidateLists::grow(Stream stream) {
  std::vector<std::uint32_t> needed(batch_.n_systems);
  device::copy_to_host(needed.data(), room_needed_.data(), room_needed_.bytes(), stream);
  device::synchronize(stream);
  std::uint32_t most = 0;
  for (std::uint32_t s = 0; s < batch_.n_systems; ++s) {
    if (needed[s] <= room_[s]) continue;
    most = std::max(most, needed[s]);
    // More than needed, so that a system that contracts does not grow its lists at every search.
    const std::uint32_t others = system_start_[s + 1] - system_start_[s] - 1;
    room_[s] = std::min(others, needed[s] + needed[s] / 4);
  }
  if (most > 0) lay_out(stream);
  return most;
}

}  // namespace fusemd::cuda
