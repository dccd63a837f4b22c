// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "test/simt/ptx/runtime/registers.hpp"

/// PTX's integer instructions. Where C++ leaves a case undefined, PTX ISA's rule stands beside the
/// function. All arithmetic wraps.
namespace fusemd::ptx {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
inline constexpr unsigned kBits = 8 * sizeof(T);

/// The type of twice the width, for the high half of a product and the wide forms.
template <class T>
struct Wider;
template <>
struct Wider<u16> {
  using Type = u32;
};
template <>
struct Wider<s16> {
  using Type = s32;
};
template <>
struct Wider<u32> {
  using Type = u64;
};
template <>
struct Wider<s32> {
  using Type = s64;
};
__extension__ template <>
struct Wider<u64> {
  __extension__ using Type = unsigned __int128;
};
__extension__ template <>
struct Wider<s64> {
  __extension__ using Type = __int128;
};

template <class T>
inline T add(T a, T b) {
  return static_cast<T>(Unsigned<T>(a) + Unsigned<T>(b));
}
template <class T>
inline T sub(T a, T b) {
  return static_cast<T>(Unsigned<T>(a) - Unsigned<T>(b));
}
template <class T>
inline T mul_lo(T a, T b) {
  return static_cast<T>(u64(Unsigned<T>(a)) * u64(Unsigned<T>(b)));
}
template <class T>
inline typename Wider<T>::Type mul_wide(T a, T b) {
  using Wide = typename Wider<T>::Type;
  return static_cast<Wide>(static_cast<Wide>(a) * static_cast<Wide>(b));
}
template <class T>
inline T mul_hi(T a, T b) {
  return static_cast<T>(mul_wide(a, b) >> kBits<T>);
}

/// Division by zero is unspecified in PTX; translated code checks for it and stops (memory.hpp).
/// The one overflow, the most negative value over -1, wraps.
template <class T>
inline T div(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return sub(T{0}, a);
  }
  return static_cast<T>(a / b);
}
template <class T>
inline T rem(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
  }
  return static_cast<T>(a % b);
}
template <class T>
inline T neg(T a) {
  return sub(T{0}, a);
}
template <class T>
inline T abs(T a) {
  return a < 0 ? neg(a) : a;
}
template <class T>
inline T bit_not(T a) {
  return static_cast<T>(~a);
}

/// Carry chains: `carry` is the CC.CF flag. After a subtraction it is 1 if there was no borrow.
template <class T>
inline T add_carry(T a, T b, u32 carry_in, u32& carry_out) {
  const auto x = Unsigned<T>(a), y = Unsigned<T>(b);
  const auto partial = static_cast<Unsigned<T>>(x + y);
  const auto sum = static_cast<Unsigned<T>>(partial + carry_in);
  carry_out = u32{partial < x} | u32{sum < partial};
  return static_cast<T>(sum);
}
template <class T>
inline T sub_borrow(T a, T b, u32 carry_in, u32& carry_out) {
  return add_carry(a, bit_not(b), carry_in, carry_out);
}

/// Shifts by the width or more give 0, or copies of the sign.
template <class T>
inline T shl(T a, u32 by) {
  return by >= kBits<T> ? T{0} : static_cast<T>(Unsigned<T>(a) << by);
}
template <class T>
inline T shr(T a, u32 by) {
  if (by >= kBits<T>) return static_cast<T>(a < 0 ? -1 : 0);
  return static_cast<T>(a >> by);
}
/// Funnel shifts of the pair {high, low}: shf.l gives the high word, shf.r the low one.
inline u32 shf_l(u32 low, u32 high, u32 by) {
  return static_cast<u32>(((u64{high} << 32 | low) << by) >> 32);
}
inline u32 shf_r(u32 low, u32 high, u32 by) {
  return static_cast<u32>((u64{high} << 32 | low) >> by);
}
inline u32 wrap(u32 by) { return by & 31; }
inline u32 clamp(u32 by) { return std::min(by, 32u); }

/// Position and length are read from the low 8 bits. Bits past the top repeat the sign (signed
/// types), which for a field that starts inside the word is the field's own top bit.
template <class T>
inline T bfe(T a, u32 position, u32 length) {
  position &= 255;
  length &= 255;
  if (length == 0) return 0;
  const u32 top = std::min(position + length - 1, kBits<T> - 1);
  const bool sign = std::is_signed_v<T> && (a >> top & 1) != 0;
  Unsigned<T> result = 0;
  for (u32 i = 0; i < kBits<T>; ++i) {
    const bool inside = i < length && position + i < kBits<T>;
    const bool bit = inside ? (a >> (position + i) & 1) != 0 : sign;
    result = static_cast<Unsigned<T>>(result | Unsigned<T>{bit} << i);
  }
  return static_cast<T>(result);
}
/// Inserts the low `length` bits of a into b at `position`; bits that would lie past the top are
/// lost.
template <class T>
inline T bfi(T a, T b, u32 position, u32 length) {
  position &= 255;
  length &= 255;
  if (position >= kBits<T> || length == 0) return b;
  const T field = length >= kBits<T> ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << length) - 1);
  const T mask = static_cast<T>(field << position);
  return static_cast<T>((b & ~mask) | ((a << position) & mask));
}
template <class T>
inline T lop3(T a, T b, T c, unsigned table) {
  T result = 0;
  for (unsigned i = 0; i < 8; ++i) {
    if (table >> i & 1) {
      result = static_cast<T>(result | ((i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c)));
    }
  }
  return result;
}
/// prmt without a mode: each nibble of the selector names one of the eight bytes of {b, a}; its top
/// bit asks for the byte's sign instead of the byte.
inline u32 prmt(u32 a, u32 b, u32 selector) {
  const u64 bytes = u64{b} << 32 | a;
  u32 result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const u32 nibble = selector >> (4 * i) & 15;
    u32 byte = static_cast<u32>(bytes >> (8 * (nibble & 7))) & 255;
    if (nibble & 8) byte = byte & 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}

template <class T>
inline u32 popc(T a) {
  return static_cast<u32>(std::popcount(a));
}
template <class T>
inline u32 clz(T a) {
  return static_cast<u32>(std::countl_zero(a));
}
template <class T>
inline T brev(T a) {
  T result = 0;
  for (unsigned i = 0; i < kBits<T>; ++i)
    result = static_cast<T>(result | (a >> i & 1) << (kBits<T> - 1 - i));
  return result;
}
/// Position of the most significant bit that is not the sign; all ones if there is none. The
/// .shiftamt form counts from the top.
template <class T>
inline u32 bfind(T a, bool shift_amount) {
  const auto bits = static_cast<Unsigned<T>>(a < 0 ? ~a : a);
  if (bits == 0) return ~0u;
  const u32 position = kBits<T> - 1 - static_cast<u32>(std::countl_zero(bits));
  return shift_amount ? kBits<T> - 1 - position : position;
}

/// cvt between integers: the low bits, or with .sat the nearest value of the target type.
template <class To, class From>
inline To saturate_to(From value) {
  using Limits = std::numeric_limits<To>;
  if (std::cmp_less(value, Limits::min())) return Limits::min();
  if (std::cmp_greater(value, Limits::max())) return Limits::max();
  return static_cast<To>(value);
}

}  // namespace fusemd::ptx
