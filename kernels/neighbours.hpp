// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// Finds the edges of every atom among all atoms of its system.
///
///   row i = { j != i in the same system : |x_j - x_i| <= cutoff },  j ascending
///
/// Source   docs/model.md (1). Differs: none; the cutoff is inclusive, and tested in double.
/// Shapes   positions [n_atoms]; edges as in MutableEdges: start is read; count, j and geometry are
///          overwritten. room_needed [n_systems].
/// Units    Angstrom.
/// Work     n_atoms x atoms of its system: 8 operations in double a candidate, 24 more an edge. For
///          small systems; from some hundred atoms on, kernels/cell_list.hpp. One warp an atom; the
///          order inside a row comes from ballots, not from atomics.
/// Result   the same bits at every block width and in every batch; direction and distance correct
///          to one unit in the last place of a float.
/// Errors   A row that is too short is filled, and room_needed[system] becomes the largest number
/// of
///          edges that any atom of the system has; the caller clears the word before, and gives the
///          rows of that system more room when it is not 0. DeviceError if the launch is refused.
///          A position that is no number has no edges.
/// Tests    test/simt/kernels/test_neighbours.cpp
///
/// due      null, or [n_systems]: systems with 0 are left alone.
void all_pairs(const BatchView& batch,
               const PositionsView& positions,
               double cutoff,
               const MutableEdges& edges,
               const std::uint32_t* due,
               std::uint32_t* room_needed,
               const LaunchPolicy& policy,
               Stream stream);

}  // namespace fusemd
