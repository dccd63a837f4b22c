// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// A grid of cells over one system's bounding box. Cell (x, y, z) is number (x ny + y) nz + z.
struct CellGrid {
  double origin[3] = {};        ///< Angstrom
  double inverse_edge[3] = {};  ///< 1/Angstrom
  std::uint32_t cells[3] = {};  ///< nx, ny, nz
};

/// Atoms by cell, in device memory. The caller owns all arrays; first_cell is made once by the
/// host.
struct CellListView {
  const std::uint32_t* first_cell = nullptr;  ///< [n_systems + 1]: where a system's cells begin
  CellGrid* grids = nullptr;                  ///< [n_systems]
  std::uint32_t* start = nullptr;  ///< [first_cell[n_systems]]: of each cell in `atoms`, and an end
  std::uint32_t* atoms = nullptr;  ///< [n_atoms]: atoms by cell, by position inside a cell
  std::uint32_t* cell = nullptr;   ///< [n_atoms], scratch: the cell of each atom
  std::uint32_t* cursor = nullptr;     ///< like start, scratch
  std::uint32_t* unordered = nullptr;  ///< [n_atoms], scratch: atoms by cell
};

/// Entries of first_cell's range that a system of n atoms should get: about one cell an atom. Fewer
/// cells than its box calls for are no error, the cells are larger then.
[[nodiscard]] constexpr std::uint32_t cell_entries(std::uint32_t n_atoms) { return n_atoms + 28; }

/// Sorts every system's atoms into cells.
///
///   cells at least `edge` wide in each direction; inside a cell, atoms ascend by x, then y, z,
///   element, index
///
/// so that the order of atoms in the list is a function of positions and elements alone (but for
/// atoms of one element in one place): however the atoms of a system are numbered, a receiver's
/// neighbours come in the same order, and sums have the same bits.
///
/// Shapes   as CellListView.
/// Units    edge in Angstrom.
/// Needs    first_cell[s + 1] - first_cell[s] >= 2. Positions that are no numbers are put
/// somewhere. Work     a system: 3 passes over its atoms, one over its cells, m^2 comparisons in a
/// cell of m
///          atoms. One block a system, for systems of up to some ten thousand atoms. Integer
///          atomics count and place; the sort inside the cell removes their order.
/// Result   the same bits at every schedule and in every batch.
/// Errors   DeviceError if the launch is refused. No systems: nothing is launched.
/// Tests    test/simt/kernels/test_cell_list.cpp
///
/// due      null, or [n_systems]: systems with 0 are left alone.
void build_cells(const BatchView& batch,
                 const PositionsView& positions,
                 double edge,
                 const CellListView& cells,
                 const std::uint32_t* due,
                 const LaunchPolicy& policy,
                 Stream stream);

/// Finds the edges of every atom within `cutoff` through the cells: those of all_pairs(), in the
/// order of cells.
///
/// Needs    build_cells() at these positions with an edge of at least `cutoff`.
/// Work     n_atoms x atoms in 27 cells: 8 operations in double a candidate. One warp an atom.
/// Errors   as all_pairs(): rows that are too short, and room_needed.
///
/// due      as in build_cells().
void cell_neighbours(const BatchView& batch,
                     const PositionsView& positions,
                     double cutoff,
                     const CellListView& cells,
                     const MutableEdges& edges,
                     const std::uint32_t* due,
                     std::uint32_t* room_needed,
                     const LaunchPolicy& policy,
                     Stream stream);

}  // namespace fusemd
