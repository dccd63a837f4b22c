// SPDX-License-Identifier: MIT
// Per-target include guard: Highway includes this text once for every instruction set.
#if defined(FUSEMD_VECTOR_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_VECTOR_INL_HPP
#undef FUSEMD_VECTOR_INL_HPP
#else
#define FUSEMD_VECTOR_INL_HPP
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

/// Fully unrolls a loop with a constant trip count, so that arrays of vectors stay in registers.
#define FUSEMD_UNROLL _Pragma("GCC unroll 32")

/// After a lambda's parameters: without it the larger bodies become calls with spilled vectors.
#define FUSEMD_INLINE_LAMBDA __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A vector of channels: at most 16 lanes, so that a block of 32 is a whole number of vectors.
template <class T>
using Tag = hn::CappedTag<T, 16>;

template <class T>
inline constexpr std::size_t kLanes = HWY_MIN(HWY_MAX_BYTES / sizeof(T), std::size_t{16});

/// Registers: AVX-512 has 32, the others 16. Tiles of the dense product and the vectors that a
/// message kernel handles at a time follow from that.
inline constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3;

/// Folds a vector to its lowest 128 bits by adding halves.
template <class D, class V>
HWY_INLINE auto fold_to_128_bits(D, V v) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    return fold_to_128_bits(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}

/// Sums of four vectors over their lanes, stored to out[0..3] (or added to what is there).
template <bool kAdd, class D, class V, class T = hn::TFromD<D>>
HWY_INLINE void store_four_sums(D d, V a, V b, V c, V e, T* HWY_RESTRICT out) {
  const V ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const V ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
  if constexpr (sizeof(T) == 4) {
    // Each 128-bit part now holds a a b b twice: combine the 64-bit halves, then fold the parts.
    const hn::Repartition<double, D> d64;
    const auto ab64 = hn::BitCast(d64, ab), ce64 = hn::BitCast(d64, ce);
    const V all = hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, ab64, ce64)),
                          hn::BitCast(d, hn::InterleaveUpper(d64, ab64, ce64)));
    const hn::FixedTag<T, 4> d4;
    auto sum = fold_to_128_bits(d, all);
    if constexpr (kAdd) sum = hn::Add(sum, hn::Load(d4, out));
    hn::Store(sum, d4, out);
  } else {
    const hn::FixedTag<T, 2> d2;
    auto low = fold_to_128_bits(d, ab), high = fold_to_128_bits(d, ce);
    if constexpr (kAdd) {
      low = hn::Add(low, hn::Load(d2, out));
      high = hn::Add(high, hn::Load(d2, out + 2));
    }
    hn::Store(low, d2, out);
    hn::Store(high, d2, out + 2);
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
