// SPDX-License-Identifier: MIT
#include "test/simt/ptx/runtime/floating.hpp"

#include <cfenv>

namespace fusemd::ptx {
namespace {

/// Sets the rounding mode while it lives. Operands go through volatile variables: g++ knows no
/// pragma that keeps arithmetic between two changes of the mode.
class Rounding {
 public:
  explicit Rounding(Toward direction) {
    std::fesetround(direction == Toward::zero             ? FE_TOWARDZERO
                    : direction == Toward::minus_infinity ? FE_DOWNWARD
                                                          : FE_UPWARD);
  }
  Rounding(const Rounding&) = delete;
  Rounding& operator=(const Rounding&) = delete;
  ~Rounding() { std::fesetround(FE_TONEAREST); }
};

}  // namespace

template <class T>
T add_toward(T a, T b, Toward direction) {
  const Rounding rounding(direction);
  volatile T x = a, y = b;
  volatile T result = x + y;
  return result;
}
template <class T>
T mul_toward(T a, T b, Toward direction) {
  const Rounding rounding(direction);
  volatile T x = a, y = b;
  volatile T result = x * y;
  return result;
}
template <class T>
T fma_toward(T a, T b, T c, Toward direction) {
  const Rounding rounding(direction);
  volatile T x = a, y = b, z = c;
  volatile T result = std::fma(x, y, z);
  return result;
}
template <class T>
T div_toward(T a, T b, Toward direction) {
  const Rounding rounding(direction);
  volatile T x = a, y = b;
  volatile T result = x / y;
  return result;
}
template <class T>
T sqrt_toward(T a, Toward direction) {
  const Rounding rounding(direction);
  volatile T x = a;
  volatile T result = std::sqrt(x);
  return result;
}
template <class To, class From>
To cvt_toward(From a, Toward direction) {
  const Rounding rounding(direction);
  volatile From x = a;
  volatile To result = static_cast<To>(x);
  return result;
}

template f32 add_toward(f32, f32, Toward);
template f64 add_toward(f64, f64, Toward);
template f32 mul_toward(f32, f32, Toward);
template f64 mul_toward(f64, f64, Toward);
template f32 fma_toward(f32, f32, f32, Toward);
template f64 fma_toward(f64, f64, f64, Toward);
template f32 div_toward(f32, f32, Toward);
template f64 div_toward(f64, f64, Toward);
template f32 sqrt_toward(f32, Toward);
template f64 sqrt_toward(f64, Toward);
template f32 cvt_toward(f64, Toward);
template f32 cvt_toward(u32, Toward);
template f32 cvt_toward(s32, Toward);
template f32 cvt_toward(u64, Toward);
template f32 cvt_toward(s64, Toward);
template f64 cvt_toward(u32, Toward);
template f64 cvt_toward(s32, Toward);
template f64 cvt_toward(u64, Toward);
template f64 cvt_toward(s64, Toward);

f32 f16_to_f32(u16 bits) {
  const u32 sign = u32{bits} >> 15 << 31;
  const u32 exponent = bits >> 10 & 31;
  const u32 fraction = bits & 1023u;
  if (exponent == 31) return std::bit_cast<f32>(fraction != 0 ? kNan32 : sign | 0x7f800000);
  const f32 size = exponent == 0 ? std::ldexp(static_cast<f32>(fraction), -24)
                                 : std::ldexp(static_cast<f32>(1024 + fraction),
                                              static_cast<int>(exponent) - 25);
  return sign != 0 ? -size : size;
}

u16 f32_to_f16(f32 value) {
  if (value != value) return 0x7fff;
  const auto sign = static_cast<u16>(std::signbit(value) ? 0x8000 : 0);
  const f32 size = std::fabs(value);
  if (size >= 65520.0F) return static_cast<u16>(sign | 0x7c00);  // half way past the largest number
  if (size < 0x1p-14F) {  // a subnormal half: a multiple of 2^-24, the smallest normal included
    return static_cast<u16>(sign | static_cast<u16>(std::nearbyint(size * 0x1p24F)));
  }
  const int exponent = std::ilogb(size);
  const auto fraction = static_cast<unsigned>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  // A fraction that rounds up to 2048 carries into the exponent by itself.
  return static_cast<u16>(sign | ((static_cast<unsigned>(exponent + 14) << 10) + fraction));
}

u16 f32_to_bf16(f32 value) {
  if (value != value) return 0x7fff;
  const u32 bits = std::bit_cast<u32>(value);
  return static_cast<u16>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace fusemd::ptx
