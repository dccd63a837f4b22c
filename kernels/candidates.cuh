// SPDX-License-Identifier: MIT
#pragma once
// One atom's candidates by one warp. Contract: kernels/candidates.hpp.

#include "kernels/candidates.hpp"
#include "kernels/cell_list.cuh"

namespace fusemd::simt {

/// Finds and sorts atom i's candidates. By all lanes of a warp; a warp barrier inside.
__device__ __forceinline__ void find_candidates_of_atom(const PositionsView& positions,
                                                        double radius,
                                                        const CellListView& cells,
                                                        std::uint32_t system,
                                                        std::uint32_t i,
                                                        const CandidatesView& candidates,
                                                        std::uint32_t* room_needed,
                                                        std::uint32_t* halted) {
  const MutableEdges rows = {candidates.start, candidates.count, candidates.unsorted, nullptr};
  cell_neighbours_of_atom(positions, radius, cells, system, i, rows, room_needed);
  if (lane_index() == 0) {
    candidates.found_at.x[i] = positions.x[i];
    candidates.found_at.y[i] = positions.y[i];
    candidates.found_at.z[i] = positions.z[i];
    // This lane has said so itself, if the row is too short.
    if (load_relaxed(room_needed) != 0) atomicOr(halted, 1u);
  }
  __syncwarp();
  // A candidate's place is the number of those below it.
  const std::uint32_t begin = candidates.start[i];
  const std::uint32_t n = candidates.count[i];
  for (std::uint32_t k = lane_index(); k < n; k += kWarpSize) {
    const std::uint32_t j = candidates.unsorted[begin + k];
    std::uint32_t rank = 0;
    for (std::uint32_t other = 0; other < n; ++other) {
      if (candidates.unsorted[begin + other] < j) ++rank;
    }
    candidates.j[begin + rank] = j;
  }
}

/// Fills atom i's row with those of its candidates that are edges now. By all lanes of a warp; no
/// barrier inside.
__device__ __forceinline__ void edges_of_candidates_of_atom(const PositionsView& positions,
                                                            double cutoff,
                                                            const CandidatesView& candidates,
                                                            std::uint32_t i,
                                                            const MutableEdges& edges) {
  const std::uint32_t begin = candidates.start[i];
  const std::uint32_t end = begin + candidates.count[i];
  RowWriter row(positions, edges, cutoff, i);
  for (std::uint32_t base = begin; base < end; base += kWarpSize) {
    const std::uint32_t slot = base + lane_index();
    row.add(slot < end, slot < end ? candidates.j[slot] : 0);
  }
  row.finish(nullptr);
}

/// Whether atom i is further than `limit` from where its candidates were found, or either is no
/// number.
__device__ __forceinline__ bool has_moved(const PositionsView& positions,
                                          const PositionsView& found_at,
                                          double limit,
                                          std::uint32_t i) {
  const double x = positions.x[i] - found_at.x[i];
  const double y = positions.y[i] - found_at.y[i];
  const double z = positions.z[i] - found_at.z[i];
  return !(fma(x, x, fma(y, y, z * z)) <= limit * limit);
}

}  // namespace fusemd::simt
