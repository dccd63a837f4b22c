// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace fusemd {

/// Appends an unsigned number, the lowest byte first.
template <typename Unsigned>
void append_little_endian(std::string& text, Unsigned value) {
  static_assert(std::is_unsigned_v<Unsigned>);
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
}

/// Appends the numbers as IEEE 754 float32, the lowest byte first.
inline void append_little_endian(std::string& text, const std::vector<float>& values) {
  for (const float value : values) append_little_endian(text, std::bit_cast<std::uint32_t>(value));
}

}  // namespace fusemd
