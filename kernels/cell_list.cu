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
                                  double radius,
                                  CellListView cells,
                                  MutableEdges edges,
                                  MutablePositions remembered,
                                  const std::uint32_t* due,
                                  std::uint32_t* room_needed) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    const std::uint32_t system = batch.system[i];
    if (due != nullptr && due[system] == 0) continue;
    simt::cell_neighbours_of_atom(positions, radius, cells, system, i, edges, &room_needed[system]);
    if (remembered.x != nullptr && simt::lane_index() == 0) {
      remembered.x[i] = positions.x[i];
      remembered.y[i] = positions.y[i];
      remembered.z[i] = positions.z[i];
    }
  }
}

__global__ void __launch_bounds__(kMaxThreads)
    edges_of_candidates_warp_per_atom(BatchView batch,
                                      PositionsView positions,
                                      double cutoff,
                                      EdgesView candidates,
                                      MutableEdges edges,
                                      std::uint32_t* room_needed) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < batch.n_atoms; i += warps.count) {
    simt::edges_of_candidates_of_atom(positions, cutoff, candidates, i, edges,
                                      &room_needed[batch.system[i]]);
  }
}

__global__ void __launch_bounds__(kMaxThreads)
    lists_due_block_per_system(BatchView batch,
                               PositionsView positions,
                               PositionsView remembered,
                               double limit,
                               std::uint32_t* __restrict__ due) {
  const std::uint32_t system = blockIdx.x;
  if (threadIdx.x == 0) due[system] = 0;
  __syncthreads();
  bool moved = false;
  for (std::uint32_t i = batch.system_start[system] + threadIdx.x;
       i < batch.system_start[system + 1]; i += blockDim.x) {
    moved = moved || simt::has_moved(positions, remembered, limit, i);
  }
  if (moved) atomicOr(&due[system], 1u);
}

}  // namespace cell_list_kernels

namespace {

LaunchShape warp_per_atom(const BatchView& batch, const LaunchPolicy& policy) {
  return {.grid = {ceil_div(batch.n_atoms, policy.neighbour_threads / simt::kWarpSize)},
          .block = {policy.neighbour_threads}};
}

}  // namespace

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
                     double radius,
                     const CellListView& cells,
                     const MutableEdges& edges,
                     const MutablePositions& remembered,
                     const std::uint32_t* due,
                     std::uint32_t* room_needed,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (batch.n_atoms == 0) return;
  simt::launch(warp_per_atom(batch, policy), stream,
               cell_list_kernels::cell_neighbours_warp_per_atom, batch, positions, radius, cells,
               edges, remembered, due, room_needed);
}

void edges_of_candidates(const BatchView& batch,
                         const PositionsView& positions,
                         double cutoff,
                         const EdgesView& candidates,
                         const MutableEdges& edges,
                         std::uint32_t* room_needed,
                         const LaunchPolicy& policy,
                         Stream stream) {
  if (batch.n_atoms == 0) return;
  simt::launch(warp_per_atom(batch, policy), stream,
               cell_list_kernels::edges_of_candidates_warp_per_atom, batch, positions, cutoff,
               candidates, edges, room_needed);
}

void lists_due(const BatchView& batch,
               const PositionsView& positions,
               const PositionsView& remembered,
               double limit,
               std::uint32_t* due,
               const LaunchPolicy& policy,
               Stream stream) {
  if (batch.n_systems == 0) return;
  simt::launch({.grid = {batch.n_systems}, .block = {policy.neighbour_threads}}, stream,
               cell_list_kernels::lists_due_block_per_system, batch, positions, remembered, limit,
               due);
}

}  // namespace fusemd
