// SPDX-License-Identifier: MIT
#pragma once
// CUDA's own names as kernel text uses them, on the executor. A name that is missing here is
// missing on purpose: float atomics (results would depend on the order), __threadfence and volatile
// polling (use the ordered atomics of kernels/simt.cuh), __activemask, __reduce_*_sync (sm_80
// only), clock, printf.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>

#include "test/simt/executor/executor.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

#define threadIdx (::fusemd::executor::view->thread_index)
#define blockIdx (::fusemd::executor::view->block_index)
#define blockDim (::fusemd::executor::view->block_size)
#define gridDim (::fusemd::executor::view->grid_size)
#define warpSize 32

#define FUSEMD_TEXT [[gnu::always_inline]] inline
#define FUSEMD_SITE ::fusemd::executor::Site site = ::fusemd::executor::Site::here()

// --- barriers
// ----------------------------------------------------------------------------------------

FUSEMD_TEXT void __syncthreads(FUSEMD_SITE) { fusemd::executor::block_barrier(site); }
FUSEMD_TEXT int __syncthreads_or(int predicate, FUSEMD_SITE) {
  return fusemd::executor::block_vote(fusemd::executor::Vote::any, predicate, site);
}
FUSEMD_TEXT int __syncthreads_and(int predicate, FUSEMD_SITE) {
  return fusemd::executor::block_vote(fusemd::executor::Vote::all, predicate, site);
}
FUSEMD_TEXT int __syncthreads_count(int predicate, FUSEMD_SITE) {
  return fusemd::executor::block_vote(fusemd::executor::Vote::count, predicate, site);
}
FUSEMD_TEXT void __syncwarp(unsigned mask = 0xffffffffu, FUSEMD_SITE) {
  fusemd::executor::collective(mask, fusemd::executor::Collective::syncwarp, site, nullptr,
                               nullptr);
}

// --- warp collectives
// --------------------------------------------------------------------------------

namespace fusemd::executor {

struct ShufflePayload {
  std::uint64_t bits;
  unsigned source;
};
void combine_shuffle(std::uint32_t mask, void* const* payloads);
void combine_ballot(std::uint32_t mask, void* const* payloads);
void combine_match(std::uint32_t mask, void* const* payloads);

template <class T>
FUSEMD_TEXT T shuffle(unsigned mask, T value, unsigned source, Site site) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  ShufflePayload payload{bits_of(value), source};
  collective(mask, Collective::shuffle, site, &payload, combine_shuffle);
  return value_of<T>(payload.bits);
}

FUSEMD_TEXT std::uint64_t exchange(unsigned mask,
                                   std::uint64_t bits,
                                   Collective kind,
                                   Combine combine,
                                   Site site) {
  std::uint64_t payload = bits;
  collective(mask, kind, site, &payload, combine);
  return payload;
}

}  // namespace fusemd::executor

template <class T>
FUSEMD_TEXT T __shfl_sync(unsigned mask, T value, int source, int width = 32, FUSEMD_SITE) {
  const unsigned own = fusemd::executor::lane();
  const unsigned within = static_cast<unsigned>(width - 1);
  return fusemd::executor::shuffle(
      mask, value, (own & ~within) | (static_cast<unsigned>(source) & within), site);
}
template <class T>
FUSEMD_TEXT T __shfl_xor_sync(unsigned mask, T value, int flip, int width = 32, FUSEMD_SITE) {
  const unsigned own = fusemd::executor::lane();
  const unsigned last = own | static_cast<unsigned>(width - 1);
  const unsigned source = own ^ static_cast<unsigned>(flip);
  return fusemd::executor::shuffle(mask, value, source > last ? own : source, site);
}
template <class T>
FUSEMD_TEXT T
__shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, FUSEMD_SITE) {
  const unsigned own = fusemd::executor::lane();
  const unsigned last = own | static_cast<unsigned>(width - 1);
  return fusemd::executor::shuffle(mask, value, delta > last - own ? own : own + delta, site);
}
template <class T>
FUSEMD_TEXT T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, FUSEMD_SITE) {
  const unsigned own = fusemd::executor::lane();
  const unsigned first = own & ~static_cast<unsigned>(width - 1);
  return fusemd::executor::shuffle(mask, value, delta > own - first ? own : own - delta, site);
}
FUSEMD_TEXT unsigned __ballot_sync(unsigned mask, int predicate, FUSEMD_SITE) {
  return static_cast<unsigned>(fusemd::executor::exchange(mask, predicate != 0 ? 1 : 0,
                                                          fusemd::executor::Collective::ballot,
                                                          fusemd::executor::combine_ballot, site));
}
FUSEMD_TEXT int __any_sync(unsigned mask, int predicate, FUSEMD_SITE) {
  return __ballot_sync(mask, predicate, site) != 0 ? 1 : 0;
}
FUSEMD_TEXT int __all_sync(unsigned mask, int predicate, FUSEMD_SITE) {
  return __ballot_sync(mask, predicate, site) == mask ? 1 : 0;
}
template <class T>
FUSEMD_TEXT unsigned __match_any_sync(unsigned mask, T value, FUSEMD_SITE) {
  return static_cast<unsigned>(fusemd::executor::exchange(mask, fusemd::executor::bits_of(value),
                                                          fusemd::executor::Collective::match,
                                                          fusemd::executor::combine_match, site));
}

// --- atomics: relaxed, integers only
// -------------------------------------------------------------------

#define FUSEMD_ATOMIC(name, type, update)                                                      \
  FUSEMD_TEXT type name(type* word, type value) {                                              \
    return fusemd::executor::atomic_update(                                                    \
        word, [value](type old) -> type { return update; }, fusemd::executor::Order::relaxed); \
  }
#define FUSEMD_ATOMICS(type)                           \
  FUSEMD_ATOMIC(atomicMin, type, std::min(old, value)) \
  FUSEMD_ATOMIC(atomicMax, type, std::max(old, value)) \
  FUSEMD_ATOMIC(atomicAnd, type, old& value)           \
  FUSEMD_ATOMIC(atomicOr, type, old | value)           \
  FUSEMD_ATOMIC(atomicXor, type, old ^ value)          \
  FUSEMD_ATOMIC(atomicExch, type, ((void)old, value))

FUSEMD_ATOMIC(atomicAdd,
              int,
              static_cast<int>(static_cast<unsigned>(old) + static_cast<unsigned>(value)))
FUSEMD_ATOMIC(atomicAdd, unsigned, old + value)
FUSEMD_ATOMIC(atomicAdd, unsigned long long, old + value)
FUSEMD_ATOMIC(atomicSub,
              int,
              static_cast<int>(static_cast<unsigned>(old) - static_cast<unsigned>(value)))
FUSEMD_ATOMIC(atomicSub, unsigned, old - value)
FUSEMD_ATOMICS(int)
FUSEMD_ATOMICS(unsigned)
FUSEMD_ATOMICS(unsigned long long)
FUSEMD_ATOMIC(atomicMin, long long, std::min(old, value))
FUSEMD_ATOMIC(atomicMax, long long, std::max(old, value))
float atomicAdd(float*, float) = delete;  // a float sum would depend on the order of its terms
double atomicAdd(double*, double) = delete;

#define FUSEMD_ATOMIC_CAS(type)                                                              \
  FUSEMD_TEXT type atomicCAS(type* word, type expected, type value) {                        \
    return fusemd::executor::atomic_update(                                                  \
        word, [expected, value](type old) -> type { return old == expected ? value : old; }, \
        fusemd::executor::Order::relaxed);                                                   \
  }
FUSEMD_ATOMIC_CAS(int)
FUSEMD_ATOMIC_CAS(unsigned)
FUSEMD_ATOMIC_CAS(unsigned long long)

#undef FUSEMD_ATOMIC
#undef FUSEMD_ATOMICS
#undef FUSEMD_ATOMIC_CAS

// --- loads, bits, arithmetic
// ---------------------------------------------------------------------------

template <class T>
FUSEMD_TEXT T __ldg(const T* source) {
  return *source;
}

FUSEMD_TEXT int __popc(unsigned x) { return std::popcount(x); }
FUSEMD_TEXT int __popcll(unsigned long long x) { return std::popcount(x); }
FUSEMD_TEXT int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
FUSEMD_TEXT int __clzll(long long x) {
  return std::countl_zero(static_cast<unsigned long long>(x));
}
FUSEMD_TEXT int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
FUSEMD_TEXT unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((std::uint64_t{a} * b) >> 32);
}
__extension__ typedef unsigned __int128 fusemd_uint128;
FUSEMD_TEXT unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<fusemd_uint128>(a) * b) >> 64);
}

FUSEMD_TEXT unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
FUSEMD_TEXT int __float_as_int(float x) { return std::bit_cast<int>(x); }
FUSEMD_TEXT float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
FUSEMD_TEXT float __int_as_float(int x) { return std::bit_cast<float>(x); }
FUSEMD_TEXT long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
FUSEMD_TEXT double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

namespace fusemd::executor {

/// The GPU's conversion: out of range saturates, NaN becomes 0 (32 bits) or the least value (64
/// bits).
template <class Integer, class Real>
FUSEMD_TEXT Integer saturating_cast(Real rounded) {
  constexpr Integer kLeast = std::numeric_limits<Integer>::min();
  constexpr Integer kMost = std::numeric_limits<Integer>::max();
  if (std::isnan(rounded)) return sizeof(Integer) == 8 ? kLeast : Integer{0};
  if (rounded <= static_cast<Real>(kLeast)) return kLeast;
  if (rounded >= static_cast<Real>(kMost)) return kMost;
  return static_cast<Integer>(rounded);
}

}  // namespace fusemd::executor

FUSEMD_TEXT int __float2int_rn(float x) {
  return fusemd::executor::saturating_cast<int>(std::nearbyint(x));
}
FUSEMD_TEXT int __float2int_rd(float x) {
  return fusemd::executor::saturating_cast<int>(std::floor(x));
}
FUSEMD_TEXT int __float2int_rz(float x) {
  return fusemd::executor::saturating_cast<int>(std::trunc(x));
}
FUSEMD_TEXT int __double2int_rd(double x) {
  return fusemd::executor::saturating_cast<int>(std::floor(x));
}
FUSEMD_TEXT int __double2int_rn(double x) {
  return fusemd::executor::saturating_cast<int>(std::nearbyint(x));
}
FUSEMD_TEXT long long __float2ll_rn(float x) {
  return fusemd::executor::saturating_cast<long long>(std::nearbyint(x));
}
FUSEMD_TEXT long long __double2ll_rn(double x) {
  return fusemd::executor::saturating_cast<long long>(std::nearbyint(x));
}
FUSEMD_TEXT float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
FUSEMD_TEXT double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
FUSEMD_TEXT float __fdividef(float a, float b) {
  return fusemd::executor::approximate(a / b, double{a} / double{b}, 0x1p-22, 0.0);
}

FUSEMD_TEXT float rsqrtf(float x) { return static_cast<float>(1.0 / std::sqrt(double{x})); }
FUSEMD_TEXT double rsqrt(double x) { return 1.0 / std::sqrt(x); }
FUSEMD_TEXT float cospif(float x) {
  return static_cast<float>(std::cos(std::numbers::pi * double{x}));
}
FUSEMD_TEXT float sinpif(float x) {
  return static_cast<float>(std::sin(std::numbers::pi * double{x}));
}
FUSEMD_TEXT void sincospif(float x, float* sine, float* cosine) {
  *sine = sinpif(x);
  *cosine = cospif(x);
}
FUSEMD_TEXT float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }

FUSEMD_TEXT int min(int a, int b) { return std::min(a, b); }
FUSEMD_TEXT int max(int a, int b) { return std::max(a, b); }
FUSEMD_TEXT unsigned min(unsigned a, unsigned b) { return std::min(a, b); }
FUSEMD_TEXT unsigned max(unsigned a, unsigned b) { return std::max(a, b); }
FUSEMD_TEXT long long min(long long a, long long b) { return std::min(a, b); }
FUSEMD_TEXT long long max(long long a, long long b) { return std::max(a, b); }
FUSEMD_TEXT float min(float a, float b) { return std::fmin(a, b); }
FUSEMD_TEXT float max(float a, float b) { return std::fmax(a, b); }

#undef FUSEMD_TEXT
#undef FUSEMD_SITE
