// SPDX-License-Identifier: MIT
#include "host/cuda/cell_arrays.hpp"

#include <vector>

namespace fusemd::cuda {

CellArrays::CellArrays(std::span<const std::uint32_t> sorted_atoms,
                       const BatchView& batch,
                       Stream stream)
    : atoms_(batch.n_atoms),
      cell_(batch.n_atoms),
      unordered_(batch.n_atoms),
      grids_(batch.n_systems) {
  std::vector<std::uint32_t> first_cell = {0};
  for (const std::uint32_t n : sorted_atoms) {
    first_cell.push_back(first_cell.back() + cell_entries(n));
  }
  first_cell_ = uploaded(first_cell, stream);
  start_ = DeviceBuffer<std::uint32_t>(first_cell.back());
  cursor_ = DeviceBuffer<std::uint32_t>(first_cell.back());
}

CellListView CellArrays::view() {
  return {.first_cell = first_cell_.data(),
          .grids = grids_.data(),
          .start = start_.data(),
          .atoms = atoms_.data(),
          .cell = cell_.data(),
          .cursor = cursor_.data(),
          .unordered = unordered_.data()};
}

}  // namespace fusemd::cuda
