// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "host/cuda/device_buffer.hpp"
#include "kernels/batch.hpp"
#include "kernels/cell_list.hpp"

namespace fusemd::cuda {

/// Owns what sorting atoms into cells needs (kernels/cell_list.hpp).
///
/// Cost     about 20 bytes of device memory an atom.
/// Errors   DeviceError: out of memory.
class CellArrays {
 public:
  CellArrays() = default;

  /// sorted_atoms [n_systems]: how many atoms of a system are ever sorted; 0 for one without cells.
  /// Waits.
  CellArrays(std::span<const std::uint32_t> sorted_atoms, const BatchView& batch, Stream stream);

  CellListView view();

 private:
  DeviceBuffer<std::uint32_t> first_cell_, start_, atoms_, cell_, cursor_, unordered_;
  DeviceBuffer<CellGrid> grids_;
};

}  // namespace fusemd::cuda
