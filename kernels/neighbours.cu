// SPDX-License-Identifier: MIT
// One warp an atom. Bound: on consumer parts the double-precision units, of which there is one for
// 64 float units; 8 operations a candidate. Hence for small systems only.
#include "kernels/neighbours.cuh"
#include "kernels/neighbours.hpp"

namespace fusemd {
namespace neighbours_kernels {

constexpr unsigned kMaxThreads = 256;

__global__ void __launch_bounds__(kMaxThreads)
    all_pairs_warp_per_atom(BatchView batch,
                            PositionsView positions,
                            double cutoff,
                            MutableEdges edges,
                            const std::uint32_t* __restrict__ due,
                            std::uint32_t* __restrict__ room_needed) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    const std::uint32_t system = batch.system[i];
    if (due != nullptr && due[system] == 0) continue;
    simt::all_pairs_of_system(positions, cutoff, i, i + 1, batch.system_start[system],
                              batch.system_start[system + 1], edges, &room_needed[system], {0, 1});
  }
}

}  // namespace neighbours_kernels

void all_pairs(const BatchView& batch,
               const PositionsView& positions,
               double cutoff,
               const MutableEdges& edges,
               const std::uint32_t* due,
               std::uint32_t* room_needed,
               const LaunchPolicy& policy,
               Stream stream) {
  if (batch.n_atoms == 0) return;
  const unsigned warps = policy.neighbour_threads / simt::kWarpSize;
  simt::launch({.grid = {ceil_div(batch.n_atoms, warps)}, .block = {policy.neighbour_threads}},
               stream, neighbours_kernels::all_pairs_warp_per_atom, batch, positions, cutoff, edges,
               due, room_needed);
}

}  // namespace fusemd
