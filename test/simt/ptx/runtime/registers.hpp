// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

/// What translated PTX is written in (test/simt/ptx/translator): registers as raw bits,
/// instructions as the functions of this folder.
namespace fusemd::ptx {

using u8 = std::uint8_t;
using s8 = std::int8_t;
using u16 = std::uint16_t;
using s16 = std::int16_t;
using u32 = std::uint32_t;
using s32 = std::int32_t;
using u64 = std::uint64_t;
using s64 = std::int64_t;
using f32 = float;
using f64 = double;

/// Reads a register as an instruction's type: its low sizeof(T) bytes. PTX lets stores and
/// conversions read a register wider than their type.
template <class T, class Register>
[[gnu::always_inline]] inline T get(Register bits) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Register));
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Writes a register. Loads and conversions may write a register wider than their type: signed
/// integers are then extended by their sign, everything else by zeros (PTX ISA, operand size
/// rules).
template <class Register, class T>
[[gnu::always_inline]] inline void put(Register& reg, T value) {
  static_assert(sizeof(T) <= sizeof(Register));
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    reg = static_cast<Register>(static_cast<std::make_signed_t<Register>>(value));
  } else {
    Register bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    reg = bits;
  }
}

/// mov.b32 d, {lo, hi} and its 64-bit form; two or four parts.
template <class Whole, class Part, class... Parts>
[[gnu::always_inline]] inline Whole pack(Part first, Parts... rest) {
  static_assert(sizeof(Whole) == sizeof(Part) * (1 + sizeof...(rest)));
  const Part parts[] = {first, static_cast<Part>(rest)...};
  Whole whole;
  std::memcpy(&whole, parts, sizeof whole);
  return whole;
}

/// Part `index` of mov.b32 {lo, hi}, a.
template <class Part, class Whole>
[[gnu::always_inline]] inline Part unpack(Whole whole, unsigned index) {
  return static_cast<Part>(whole >> (8 * sizeof(Part) * index));
}

}  // namespace fusemd::ptx
