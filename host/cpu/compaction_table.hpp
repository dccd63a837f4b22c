// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fusemd::cpu {

/// For each mask of up to eight lanes: the lanes that are set, then the others, both ascending. A
/// table lookup with such a row moves the selected lanes to the front.
///
/// Highway's Compress would do it, but version 1.0.3 rebuilds a 2 kB table on the stack at every
/// call with 64-bit lanes (measured: 80 cycles), and compressing stores are microcoded on some
/// processors.
struct CompactionTable {
  alignas(64) std::int64_t lanes[256][8] = {};
  std::uint8_t count[256] = {};

  constexpr CompactionTable() {
    for (std::size_t mask = 0; mask < 256; ++mask) {
      std::size_t front = 0;
      for (const bool set : {true, false}) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
          if (((mask >> lane & 1) != 0) == set)
            lanes[mask][front++] = static_cast<std::int64_t>(lane);
        }
        if (set) count[mask] = static_cast<std::uint8_t>(front);
      }
    }
  }
};

inline constexpr CompactionTable kCompaction{};

}  // namespace fusemd::cpu
