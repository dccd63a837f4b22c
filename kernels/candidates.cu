// SPDX-License-Identifier: MIT
// One warp an atom, as the search itself. The sort is quadratic: rows hold some hundred candidates
// and are sorted once in some twenty steps. Rejected: a bitonic sort, whose log^2 steps each need a
// warp barrier; sorting by a second kernel, which would be one more node of every step's graph.
#include "kernels/candidates.cuh"
#include "kernels/candidates.hpp"

namespace fusemd {
namespace candidates_kernels {

constexpr unsigned kMaxThreads = 256;

__global__ void __launch_bounds__(kMaxThreads)
    find_candidates_warp_per_atom(BatchView batch,
                                  PositionsView positions,
                                  double radius,
                                  CellListView cells,
                                  CandidatesView candidates,
                                  const std::uint32_t* due,
                                  std::uint32_t* room_needed,
                                  std::uint32_t* halted) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    const std::uint32_t system = batch.system[i];
    if (due[system] == 0) continue;
    simt::find_candidates_of_atom(positions, radius, cells, system, i, candidates,
                                  &room_needed[system], halted);
  }
}

__global__ void __launch_bounds__(kMaxThreads)
    edges_of_candidates_warp_per_atom(BatchView batch,
                                      PositionsView positions,
                                      double cutoff,
                                      CandidatesView candidates,
                                      MutableEdges edges) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    simt::edges_of_candidates_of_atom(positions, cutoff, candidates, i, edges);
  }
}

}  // namespace candidates_kernels

namespace {

LaunchShape warp_per_atom(const BatchView& batch, const LaunchPolicy& policy) {
  return {.grid = {ceil_div(batch.n_atoms, policy.neighbour_threads / simt::kWarpSize)},
          .block = {policy.neighbour_threads}};
}

}  // namespace

void find_candidates(const BatchView& batch,
                     const PositionsView& positions,
                     double radius,
                     const CellListView& cells,
                     const CandidatesView& candidates,
                     const std::uint32_t* due,
                     std::uint32_t* room_needed,
                     std::uint32_t* halted,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (batch.n_atoms == 0) return;
  simt::launch(warp_per_atom(batch, policy), stream,
               candidates_kernels::find_candidates_warp_per_atom, batch, positions, radius, cells,
               candidates, due, room_needed, halted);
}

void edges_of_candidates(const BatchView& batch,
                         const PositionsView& positions,
                         double cutoff,
                         const CandidatesView& candidates,
                         const MutableEdges& edges,
                         const LaunchPolicy& policy,
                         Stream stream) {
  if (batch.n_atoms == 0) return;
  simt::launch(warp_per_atom(batch, policy), stream,
               candidates_kernels::edges_of_candidates_warp_per_atom, batch, positions, cutoff,
               candidates, edges);
}

}  // namespace fusemd
