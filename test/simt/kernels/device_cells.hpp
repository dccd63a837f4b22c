// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cell_list.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

/// A cell list in device memory.
class DeviceCells {
 public:
  /// entries: of each system.
  DeviceCells(const std::vector<std::uint32_t>& entries, std::size_t n_atoms)
      : first_(starts(entries)),
        first_cell_(first_),
        grids_(entries.size()),
        start_(first_.back()),
        atoms_(n_atoms),
        cell_(n_atoms),
        cursor_(first_.back()),
        unordered_(n_atoms) {}

  [[nodiscard]] CellListView view() {
    return {first_cell_.data(), grids_.data(),  start_.data(),    atoms_.data(),
            cell_.data(),       cursor_.data(), unordered_.data()};
  }
  [[nodiscard]] std::vector<CellGrid> grids() const { return grids_.download(); }
  [[nodiscard]] std::vector<std::uint32_t> atoms() const { return atoms_.download(); }

 private:
  static std::vector<std::uint32_t> starts(const std::vector<std::uint32_t>& entries) {
    std::vector<std::uint32_t> first = {0};
    for (const std::uint32_t n : entries) first.push_back(first.back() + n);
    return first;
  }
  std::vector<std::uint32_t> first_;
  DeviceArray<std::uint32_t> first_cell_;
  DeviceArray<CellGrid> grids_;
  DeviceArray<std::uint32_t> start_, atoms_, cell_, cursor_, unordered_;
};

inline std::vector<std::uint32_t> usual_entries(const std::vector<System>& systems) {
  std::vector<std::uint32_t> entries;
  for (const System& system : systems) {
    entries.push_back(cell_entries(static_cast<std::uint32_t>(system.size())));
  }
  return entries;
}

}  // namespace fusemd::test
