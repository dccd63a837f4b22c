// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "test/simt/ptx/runtime/registers.hpp"

/// PTX's floating-point instructions with results that PTX defines exactly. The approximate ones
/// are in approximate.hpp. NaN results carry whatever payload this machine gives, but for min, max
/// and the conversions, where PTX names the bits.
namespace fusemd::ptx {

inline constexpr u32 kNan32 = 0x7fffffff;
inline constexpr u64 kNan64 = 0x7fffffffffffffff;

template <class T>
inline T canonical_nan() {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<T>(kNan32);
  else
    return std::bit_cast<T>(kNan64);
}

/// .ftz: a subnormal becomes a zero of its sign.
inline f32 ftz(f32 a) {
  const u32 bits = std::bit_cast<u32>(a);
  return (bits & 0x7f800000) == 0 ? std::bit_cast<f32>(bits & 0x80000000) : a;
}
/// .sat: into [0, 1]; NaN and -0 become +0.
template <class T>
inline T saturate(T a) {
  return a > 0 ? (a < 1 ? a : T{1}) : T{0};
}

template <class T>
inline T negate(T a) {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<T>(std::bit_cast<u32>(a) ^ 0x80000000);
  else
    return std::bit_cast<T>(std::bit_cast<u64>(a) ^ 0x8000000000000000);
}
template <class T>
inline T magnitude(T a) {
  return std::signbit(a) ? negate(a) : a;
}

/// min and max: the number if the other is NaN, the canonical NaN if both are; -0 is less than +0.
template <class T>
inline T minimum(T a, T b) {
  if (a != a) return b != b ? canonical_nan<T>() : b;
  if (b != b) return a;
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T>
inline T maximum(T a, T b) {
  if (a != a) return b != b ? canonical_nan<T>() : b;
  if (b != b) return a;
  if (a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
/// The .NaN forms: NaN if either is.
template <class T>
inline T minimum_nan(T a, T b) {
  return a != a || b != b ? canonical_nan<T>() : minimum(a, b);
}
template <class T>
inline T maximum_nan(T a, T b) {
  return a != a || b != b ? canonical_nan<T>() : maximum(a, b);
}

/// Comparisons that are true for NaN, by name; the others are C++'s own.
template <class T>
inline bool unordered(T a, T b) {
  return a != a || b != b;
}
/// .ne for floats is the ordered one: false with NaN, unlike C++'s.
template <class T>
inline bool ordered_not_equal(T a, T b) {
  return a < b || a > b;
}

/// The directed roundings .rz, .rm and .rp; .rn is C++'s own arithmetic.
enum class Toward { zero, minus_infinity, plus_infinity };
template <class T>
T add_toward(T a, T b, Toward direction);
template <class T>
T mul_toward(T a, T b, Toward direction);
template <class T>
T fma_toward(T a, T b, T c, Toward direction);
template <class T>
T div_toward(T a, T b, Toward direction);
template <class T>
T sqrt_toward(T a, Toward direction);
/// cvt to a float: from a 32- or 64-bit integer, or from f64 to f32.
template <class To, class From>
To cvt_toward(From a, Toward direction);

/// cvt.r?i: to an integer that is still a float.
template <class T>
inline T to_nearest_integer(T a) {
  return std::nearbyint(a);
}
template <class T>
inline T to_integer_toward(T a, Toward direction) {
  if (direction == Toward::zero) return std::trunc(a);
  return direction == Toward::minus_infinity ? std::floor(a) : std::ceil(a);
}
/// cvt from a float that holds an integer: out of range is the nearest end of the range. NaN is 0,
/// but the top bit alone if either side has 64 bits.
template <class To, class From>
inline To cvt_to_integer(From a) {
  using Limits = std::numeric_limits<To>;
  if (a != a) {
    if constexpr (sizeof(To) < 8 && sizeof(From) < 8)
      return To{0};
    else
      return static_cast<To>(std::make_unsigned_t<To>{1} << (8 * sizeof(To) - 1));
  }
  // The bounds as floats: min is a power of two and exact, max + 1 too.
  if (a < static_cast<From>(Limits::min())) return Limits::min();
  if (a >= std::ldexp(From{1}, Limits::digits)) return Limits::max();
  return static_cast<To>(a);
}

/// Half and bfloat16 as raw bits: loads and conversions only.
f32 f16_to_f32(u16 bits);
u16 f32_to_f16(f32 value);
inline f32 bf16_to_f32(u16 bits) { return std::bit_cast<f32>(u32{bits} << 16); }
u16 f32_to_bf16(f32 value);
/// cvt.rna.tf32: to 10 fraction bits, to nearest, ties away from zero. cvt.rn.tf32: ties to even.
inline u32 f32_to_tf32_away(f32 value) {
  const u32 bits = std::bit_cast<u32>(value);
  if ((bits & 0x7f800000) == 0x7f800000) return value != value ? kNan32 : bits;
  return (bits + 0x1000) & ~0x1fffu;
}
inline u32 f32_to_tf32_even(f32 value) {
  const u32 bits = std::bit_cast<u32>(value);
  if ((bits & 0x7f800000) == 0x7f800000) return value != value ? kNan32 : bits;
  return (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
}

}  // namespace fusemd::ptx
