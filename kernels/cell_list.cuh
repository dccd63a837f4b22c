// SPDX-License-Identifier: MIT
#pragma once
// One system's cell list by one block. Contract: kernels/cell_list.hpp.

#include "kernels/block_scan.cuh"
#include "kernels/cell_list.hpp"
#include "kernels/neighbours.cuh"

namespace fusemd::simt {

/// Cells in one direction at most; a system that has flown apart gets larger ones.
inline constexpr double kMostCells = 1024.0;

__device__ __forceinline__ double coordinate(const PositionsView& positions,
                                             unsigned axis,
                                             std::uint32_t i) {
  return axis == 0 ? positions.x[i] : axis == 1 ? positions.y[i] : positions.z[i];
}

/// Least and largest coordinates of atoms [first, last), numbers only. By all threads; all get the
/// result. Minima do not depend on the order.
template <unsigned kThreads>
__device__ __forceinline__ void bounding_box(const PositionsView& positions,
                                             std::uint32_t first,
                                             std::uint32_t last,
                                             double (&low)[3],
                                             double (&high)[3]) {
  constexpr unsigned kBlockWarps = kThreads / kWarpSize;
  FUSEMD_SHARED(double, extrema, [kBlockWarps][6]);
  for (unsigned axis = 0; axis < 3; ++axis) {
    double least = INFINITY;
    double most = -INFINITY;
    for (std::uint32_t i = first + threadIdx.x; i < last; i += kThreads) {
      const double x = coordinate(positions, axis, i);
      least = fmin(least, x);
      most = fmax(most, x);
    }
    for (int offset = 16; offset > 0; offset /= 2) {
      least = fmin(least, __shfl_xor_sync(kFullWarp, least, offset));
      most = fmax(most, __shfl_xor_sync(kFullWarp, most, offset));
    }
    if (lane_index() == 0) {
      extrema[threadIdx.x / kWarpSize][axis] = least;
      extrema[threadIdx.x / kWarpSize][3 + axis] = most;
    }
  }
  __syncthreads();
  for (unsigned axis = 0; axis < 3; ++axis) {
    low[axis] = INFINITY;
    high[axis] = -INFINITY;
    for (unsigned w = 0; w < kBlockWarps; ++w) {
      low[axis] = fmin(low[axis], extrema[w][axis]);
      high[axis] = fmax(high[axis], extrema[w][3 + axis]);
    }
  }
}

/// The finest grid of cells at least `edge` wide that `room` cells allow.
__device__ __forceinline__ CellGrid make_grid(const double (&low)[3],
                                              const double (&high)[3],
                                              double edge,
                                              std::uint32_t room) {
  CellGrid grid;
  // Room for rounding: neighbours must never be two cells apart.
  for (edge *= 1.0 + 1e-9;; edge *= 1.25) {
    double product = 1.0;
    for (unsigned axis = 0; axis < 3; ++axis) {
      // Without a single finite position the extent is minus infinity.
      const double extent = fmax(high[axis] - low[axis], 0.0);
      const double n = fmin(fmax(floor(extent / edge), 1.0), kMostCells);
      grid.origin[axis] = low[axis];
      grid.cells[axis] = static_cast<std::uint32_t>(__double2int_rd(n));
      grid.inverse_edge[axis] = extent > 0.0 ? n / extent : 0.0;
      product *= n;
    }
    if (product <= static_cast<double>(room)) return grid;
    if (!(edge < 1e300)) break;
  }
  // Out of this world: one cell.
  for (unsigned axis = 0; axis < 3; ++axis) {
    grid.cells[axis] = 1;
    grid.inverse_edge[axis] = 0.0;
  }
  return grid;
}

/// Which cell along one axis a coordinate is in.
__device__ __forceinline__ std::uint32_t cell_along(const CellGrid& grid, unsigned axis, double x) {
  // What is no number becomes 0, as the GPU's conversion has it.
  const int at = __double2int_rd((x - grid.origin[axis]) * grid.inverse_edge[axis]);
  return static_cast<std::uint32_t>(min(max(at, 0), static_cast<int>(grid.cells[axis]) - 1));
}

/// Whether atom a comes before atom b inside a cell: a total order, so ranks are a permutation.
/// What is no number compares as equal.
__device__ __forceinline__ bool comes_before(const PositionsView& positions,
                                             const std::uint32_t* element,
                                             std::uint32_t a,
                                             std::uint32_t b) {
  for (unsigned axis = 0; axis < 3; ++axis) {
    const double xa = coordinate(positions, axis, a);
    const double xb = coordinate(positions, axis, b);
    if (xa < xb) return true;
    if (xb < xa) return false;
  }
  if (element[a] != element[b]) return element[a] < element[b];
  return a < b;
}

/// Fills the system's part of the list. By all kThreads threads of the block. Barriers inside;
/// another one must follow before the list is read.
template <unsigned kThreads>
__device__ void build_cells_of_system(const BatchView& batch,
                                      const PositionsView& positions,
                                      double edge,
                                      const CellListView& cells,
                                      std::uint32_t system) {
  const std::uint32_t first = batch.system_start[system];
  const std::uint32_t last = batch.system_start[system + 1];
  const std::uint32_t first_cell = cells.first_cell[system];
  double low[3];
  double high[3];
  bounding_box<kThreads>(positions, first, last, low, high);
  // Every thread makes it from the same numbers.
  const CellGrid grid = make_grid(low, high, edge, cells.first_cell[system + 1] - first_cell - 1);
  const std::uint32_t n_cells = grid.cells[0] * grid.cells[1] * grid.cells[2];
  std::uint32_t* start = cells.start + first_cell;
  std::uint32_t* cursor = cells.cursor + first_cell;
  if (threadIdx.x == 0) cells.grids[system] = grid;

  for (std::uint32_t c = threadIdx.x; c < n_cells; c += kThreads) cursor[c] = 0;
  __syncthreads();
  for (std::uint32_t i = first + threadIdx.x; i < last; i += kThreads) {
    const std::uint32_t c = (cell_along(grid, 0, positions.x[i]) * grid.cells[1] +
                             cell_along(grid, 1, positions.y[i])) *
                                grid.cells[2] +
                            cell_along(grid, 2, positions.z[i]);
    cells.cell[i] = c;
    atomicAdd(&cursor[c], 1u);
  }
  __syncthreads();
  std::uint32_t carried = first;
  for (std::uint32_t base = 0; base < n_cells; base += kThreads) {
    const std::uint32_t c = base + threadIdx.x;
    unsigned total = 0;
    const unsigned before = block_exclusive_sum<kThreads>(c < n_cells ? cursor[c] : 0, total);
    if (c < n_cells) {
      start[c] = carried + before;
      cursor[c] = carried + before;
    }
    carried += total;
    __syncthreads();
  }
  if (threadIdx.x == 0) start[n_cells] = last;
  // The thread that counts an atom places it: cells.cell needs no barrier.
  for (std::uint32_t i = first + threadIdx.x; i < last; i += kThreads) {
    cells.unordered[atomicAdd(&cursor[cells.cell[i]], 1u)] = i;
  }
  __syncthreads();
  // An atom's place in its cell is the number of those that come before it.
  for (std::uint32_t at = first + threadIdx.x; at < last; at += kThreads) {
    const std::uint32_t i = cells.unordered[at];
    const std::uint32_t c = cells.cell[i];
    const std::uint32_t begin = start[c];
    const std::uint32_t end = start[c + 1];
    std::uint32_t rank = 0;
    for (std::uint32_t other = begin; other < end; ++other) {
      if (comes_before(positions, batch.element, cells.unordered[other], i)) ++rank;
    }
    cells.atoms[begin + rank] = i;
  }
}

/// Fills atom i's row from the cells around it. By all lanes of a warp; no barrier inside.
__device__ __forceinline__ void cell_neighbours_of_atom(const PositionsView& positions,
                                                        double radius,
                                                        const CellListView& cells,
                                                        std::uint32_t system,
                                                        std::uint32_t i,
                                                        const MutableEdges& edges,
                                                        std::uint32_t* room_needed) {
  const CellGrid grid = cells.grids[system];
  const std::uint32_t* start = cells.start + cells.first_cell[system];
  const std::uint32_t x = cell_along(grid, 0, positions.x[i]);
  const std::uint32_t y = cell_along(grid, 1, positions.y[i]);
  const std::uint32_t z = cell_along(grid, 2, positions.z[i]);
  RowWriter row(positions, edges, radius, i);
  for (std::uint32_t cx = x > 0 ? x - 1 : 0; cx <= min(x + 1, grid.cells[0] - 1); ++cx) {
    for (std::uint32_t cy = y > 0 ? y - 1 : 0; cy <= min(y + 1, grid.cells[1] - 1); ++cy) {
      // Cells run along z: those from z - 1 to z + 1 are one range of the list.
      const std::uint32_t line = (cx * grid.cells[1] + cy) * grid.cells[2];
      const std::uint32_t end = start[line + min(z + 1, grid.cells[2] - 1) + 1];
      for (std::uint32_t base = start[line + (z > 0 ? z - 1 : 0)]; base < end; base += kWarpSize) {
        const std::uint32_t at = base + lane_index();
        row.add(at < end, at < end ? cells.atoms[at] : 0);
      }
    }
  }
  row.finish(room_needed);
}

}  // namespace fusemd::simt
