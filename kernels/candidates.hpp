// SPDX-License-Identifier: MIT
#pragma once
// A list with a skin, for systems that a device advances by itself: candidates, the pairs within
// the cutoff and a skin, are found rarely; the edges of each step are those candidates that are
// within the cutoff now.

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/cell_list.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// Positions at which candidates were found, Angstrom, [n_atoms] each. What is no number there
/// means: never.
struct MutablePositions {
  double* x = nullptr;
  double* y = nullptr;
  double* z = nullptr;

  operator PositionsView() const {  // NOLINT(google-explicit-constructor): as T* to const T*
    return {x, y, z};
  }
};

/// Candidates by receiver. The rows are those of the edges that are made of them: an edge is a
/// candidate, so only candidates can find a row too short.
struct CandidatesView {
  const std::uint32_t* start = nullptr;  ///< [n_atoms + 1], as EdgesView::start
  std::uint32_t* count = nullptr;        ///< [n_atoms]
  std::uint32_t* j = nullptr;            ///< [start[n_atoms]], ascending inside a row
  std::uint32_t* unsorted = nullptr;     ///< [start[n_atoms]], scratch
  MutablePositions found_at;
};

/// Finds the candidates of every system that is due, and remembers its atoms' positions.
///
///   row i = { j != i in the same system : |x_j - x_i| <= radius },  j ascending
///
/// The order is that of numbers, and no function of the positions: it does not depend on when a
/// list was made, so neither does any sum over edges.
///
/// Shapes   as CellListView and CandidatesView; due, room_needed [n_systems].
/// Needs    build_cells() of the systems that are due, with an edge of at least `radius`.
/// Work     one warp an atom that is due: as cell_neighbours(), and m^2 / 32 comparisons a lane to
///          sort a row of m. Where nothing is due: a load an atom.
/// Result   the same bits at every schedule and in every batch.
/// Errors   A row that is too short is filled, room_needed[system] becomes the largest number of
///          candidates of any atom, if that is more than it was, and *halted becomes 1: the caller
///          clears both when the rows have more room. DeviceError if the launch is refused.
/// Tests    test/simt/kernels/test_candidates.cpp
void find_candidates(const BatchView& batch,
                     const PositionsView& positions,
                     double radius,
                     const CellListView& cells,
                     const CandidatesView& candidates,
                     const std::uint32_t* due,
                     std::uint32_t* room_needed,
                     std::uint32_t* halted,
                     const LaunchPolicy& policy,
                     Stream stream);

/// The edges of this step: the candidates within `cutoff`, in their order. The set of edges, their
/// order and every bit are those of all_pairs(), whatever the age of the list, as long as no atom
/// has moved by more than half of what radius exceeds the cutoff by.
///
/// edges    its start is that of the candidates.
/// Work     8 operations in double a candidate, 24 more an edge; one warp an atom.
/// Errors   DeviceError if the launch is refused.
void edges_of_candidates(const BatchView& batch,
                         const PositionsView& positions,
                         double cutoff,
                         const CandidatesView& candidates,
                         const MutableEdges& edges,
                         const LaunchPolicy& policy,
                         Stream stream);

}  // namespace fusemd
