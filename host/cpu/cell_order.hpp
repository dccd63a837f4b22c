// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "host/cpu/workspace.hpp"
#include "host/vec3.hpp"

namespace fusemd::cpu {

/// Sorts the atoms of a large system: into slabs along the longest axis, inside a slab into cells
/// by y and z (the two other axes), inside a cell by the caller's index. Fills order, slabs' atom
/// ranges, the grid, and x, y, z by rank (permuted axes back in place: x is always x).
///
/// Slabs and cells are at least one cutoff wide, so the partners of an atom lie in 3 x 3 x 3 cells,
/// which are five contiguous ranges of ranks behind it. The order is a function of the positions
/// alone: it is made anew at every step (docs/decisions/007-cells-at-every-step.md), so there is no
/// list whose age could change a sum's order. Sorting also keeps what is near in space near in
/// memory.
template <class T>
void sort_into_cells(std::span<const Vec3> positions, double cutoff, Workspace<T>& work);

extern template void sort_into_cells(std::span<const Vec3>, double, Workspace<float>&);
extern template void sort_into_cells(std::span<const Vec3>, double, Workspace<double>&);

}  // namespace fusemd::cpu
