// SPDX-License-Identifier: MIT
// A block a system sorts atoms into cells, a warp an atom searches them. Rejected: a radix sort of
// (cell, position) keys over the whole batch. It moves each atom eight times through global memory
// and takes a dozen launches, where counting takes three passes and one launch.
#include "kernels/cell_list.cuh"
#include "kernels/cell_list.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace cell_list_kernels {

constexpr unsigned kMaxThreads = 256;

template <unsigned kThreads>
__global__ void __launch_bounds__(kThreads) build_cells_block_per_system(BatchView batch,
                                                                         PositionsView positions,
                                                                         double edge,
                                                                         CellListView cells,
                                                                         const std::uint32_t* due) {
  const std::uint32_t system = blockIdx.x;
  if (due != nullptr && due[system] == 0) return;
  simt::build_cells_of_system<kThreads>(batch, positions, edge, cells, system);
}

__global__ void __launch_bounds__(kMaxThreads)
    cell_neighbours_warp_per_atom(BatchView batch,
                                  PositionsView positions,
                                  double cutoff,
                                  CellListView cells,
                                  MutableEdges edges,
                                  const std::uint32_t* due,
                                  std::uint32_t* room_needed) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    const std::uint32_t system = batch.system[i];
    if (due != nullptr && due[system] == 0) continue;
    simt::cell_neighbours_of_atom(positions, cutoff, cells, system, i, edges, &room_needed[system]);
  }
}

}  // namespace cell_list_kernels

void build_cells(const BatchView& batch,
                 const PositionsView& positions,
                 double edge,
                 const CellListView& cells,
                 const std::uint32_t* due,
                 const LaunchPolicy& policy,
                 Stream stream) {
  if (batch.n_systems == 0) return;
  // The scan is made for a number of threads.
  const bool wide = policy.cell_threads >= kWideCellThreads;
  simt::launch({.grid = {batch.n_systems}, .block = {wide ? kWideCellThreads : kNarrowCellThreads}},
               stream,
               wide ? cell_list_kernels::build_cells_block_per_system<kWideCellThreads>
                    : cell_list_kernels::build_cells_block_per_system<kNarrowCellThreads>,
               batch, positions, edge, cells, due);
}

void cell_neighbours(const BatchView& batch,
                     const PositionsView& positions,
                     double cutoff,
                     const CellListView& cells,
                     const MutableEdges& edges,
                     const std::uint32_t* due,
                     std::uint32_t* room_needed,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (batch.n_atoms == 0) return;
  const unsigned warps = policy.neighbour_threads / simt::kWarpSize;
  simt::launch({.grid = {ceil_div(batch.n_atoms, warps)}, .block = {policy.neighbour_threads}},
               stream, cell_list_kernels::cell_neighbours_warp_per_atom, batch, positions, cutoff,
               cells, edges, due, room_needed);
}

}  // namespace fusemd
