// SPDX-License-Identifier: MIT
// SiLU and its slope, a vector at a time.
#if defined(FUSEMD_ACTIVATION_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_ACTIVATION_INL_HPP
#undef FUSEMD_ACTIVATION_INL_HPP
#else
#define FUSEMD_ACTIVATION_INL_HPP
#endif

#include "host/cpu/simd/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// exp(x) for x in [-700, 700] (double) or [-87, 87] (float), where 2^n stays a normal number.
///
/// x / ln 2 = n + f with |f| <= 1/2, exp(x) = 2^n 2^f; 2^f by its Taylor series in f ln 2. The
/// remainder is (ln 2 / 2)^(m+1) / (m+1)!: 1.2e-7 relative for m = 6 (float: two roundings), 2e-17
/// for m = 13 (double).
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V exponential(D d, V x) {
  constexpr bool kSingle = sizeof(T) == 4;
  const V y = hn::Mul(x, hn::Set(d, T(1.4426950408889634)));
  // Adding and subtracting 1.5 * 2^(mantissa bits) rounds to an integer and leaves that integer in
  // the low bits: cheaper than a conversion on every instruction set, and there is none for 64-bit
  // lanes before AVX-512.
  const V magic = hn::Set(d, kSingle ? T(12582912.0) : T(6755399441055744.0));
  const V shifted = hn::Add(y, magic);
  const V f = hn::Mul(hn::Sub(y, hn::Sub(shifted, magic)), hn::Set(d, T(0.6931471805599453)));
  V p;
  if constexpr (kSingle) {
    p = hn::Set(d, T(1.0 / 720));
    for (const double c : {1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0}) {
      p = hn::MulAdd(p, f, hn::Set(d, T(c)));
    }
  } else {
    p = hn::Set(d, T(1.0 / 6227020800.0));
    for (const double c :
         {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
          1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0}) {
      p = hn::MulAdd(p, f, hn::Set(d, T(c)));
    }
  }
  const hn::RebindToUnsigned<D> du;
  constexpr int kMantissa = kSingle ? 23 : 52;
  const auto exponent = hn::ShiftLeft<kMantissa>(hn::BitCast(du, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(du, p), exponent));
}

/// SiLU(x) = x / (1 + exp(-x)) to `value`, its slope to `slope`. NaN gives NaN in both.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE void silu(D d, V x, V& value, V& slope) {
  const T limit = sizeof(T) == 4 ? T(87) : T(700);
  const V one = hn::Set(d, T(1));
  // Max returns its second operand for NaN on x86; the products with x below bring the NaN back.
  const V clamped = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -limit)), hn::Set(d, limit));
  const V logistic = hn::Div(one, hn::Add(one, exponential(d, clamped)));
  value = hn::Mul(x, logistic);
  slope = hn::MulAdd(value, hn::Sub(one, logistic), logistic);
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
