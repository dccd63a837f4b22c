// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fusemd::cuda {

/// Where each atom's row of a list begins, and where the last one ends: [n_atoms + 1]. A row of an
/// atom of system s has room[s] places.
/// Shapes   system_start [n_systems + 1], room [n_systems].
inline std::vector<std::uint32_t> row_starts(std::span<const std::uint32_t> system_start,
                                             std::span<const std::uint32_t> room) {
  std::vector<std::uint32_t> start = {0};
  for (std::size_t s = 0; s < room.size(); ++s) {
    for (std::uint32_t i = system_start[s]; i < system_start[s + 1]; ++i) {
      start.push_back(start.back() + room[s]);
    }
  }
  return start;
}

}  // namespace fusemd::cuda
