// SPDX-License-Identifier: MIT
// What training needs beside the dense product: weight gradients C += A^T B, column sums, and
// packing of weights that change with every batch.
#if defined(FUSEMD_TRAIN_PRODUCTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_TRAIN_PRODUCTS_INL_HPP
#undef FUSEMD_TRAIN_PRODUCTS_INL_HPP
#else
#define FUSEMD_TRAIN_PRODUCTS_INL_HPP
#endif

#include <algorithm>

#include "host/cpu/simd/activation-inl.hpp"
#include "host/cpu/simd/dense-inl.hpp"
#include "host/train/workspace.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::train::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using cpu::HWY_NAMESPACE::dense;
using cpu::HWY_NAMESPACE::kLanes;
using cpu::HWY_NAMESPACE::kManyRegisters;
using cpu::HWY_NAMESPACE::Tag;

/// Tile of a weight gradient, as that of the dense product: its sums fill the registers that the
/// loads leave over.
inline constexpr std::size_t kGradientRows = kManyRegisters ? 12 : 4;
inline constexpr std::size_t kGradientVectors = 2;

/// Rows of A and B that are summed at a time: their columns of one tile stay in the first cache.
inline constexpr std::size_t kSummedRows = 128;

template <std::size_t kRows, std::size_t kVectors, class T>
HWY_INLINE void gradient_tile(const T* HWY_RESTRICT a,
                              std::size_t a_stride,
                              const T* HWY_RESTRICT b,
                              std::size_t b_stride,
                              std::size_t count,
                              T* HWY_RESTRICT c,
                              std::size_t c_stride) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  V sum[kRows][kVectors];
  FUSEMD_UNROLL
  for (std::size_t r = 0; r < kRows; ++r) {
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = hn::Zero(d);
  }
  for (std::size_t k = 0; k < count; ++k) {
    V row[kVectors];
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::Load(d, b + v * kLanes<T>);
    FUSEMD_UNROLL
    for (std::size_t r = 0; r < kRows; ++r) {
      const V broadcast = hn::Set(d, a[r]);
      FUSEMD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = hn::MulAdd(broadcast, row[v], sum[r][v]);
      }
    }
    a += a_stride;
    b += b_stride;
  }
  FUSEMD_UNROLL
  for (std::size_t r = 0; r < kRows; ++r) {
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      T* HWY_RESTRICT out = c + r * c_stride + v * kLanes<T>;
      hn::Store(hn::Add(hn::Load(d, out), sum[r][v]), d, out);
    }
  }
}

/// kVectors vectors of columns and all rows of C: B's columns stay in the first cache.
template <std::size_t kVectors, class T>
HWY_NOINLINE void gradient_columns(const T* HWY_RESTRICT a,
                                   std::size_t a_stride,
                                   const T* HWY_RESTRICT b,
                                   std::size_t b_stride,
                                   std::size_t count,
                                   std::size_t rows,
                                   T* HWY_RESTRICT c,
                                   std::size_t c_stride) {
  std::size_t m = 0;
  for (; m + kGradientRows <= rows; m += kGradientRows) {
    gradient_tile<kGradientRows, kVectors>(a + m, a_stride, b, b_stride, count, c + m * c_stride,
                                           c_stride);
  }
  if constexpr (kGradientRows > 8) {
    for (; m + 8 <= rows; m += 8) {
      gradient_tile<8, kVectors>(a + m, a_stride, b, b_stride, count, c + m * c_stride, c_stride);
    }
  }
  for (; m + 4 <= rows; m += 4) {
    gradient_tile<4, kVectors>(a + m, a_stride, b, b_stride, count, c + m * c_stride, c_stride);
  }
  for (; m < rows; ++m) {
    gradient_tile<1, kVectors>(a + m, a_stride, b, b_stride, count, c + m * c_stride, c_stride);
  }
}

/// C [rows][columns] += sum over k < count of A[k][row] B[k][column]: the gradient of a weight from
/// the gradients (A) of its outputs and the values (B) of its inputs.
///
/// Needs    columns a multiple of kPadding; B and C aligned, with strides that keep them so.
template <class T>
HWY_INLINE void add_weight_gradient(const T* HWY_RESTRICT a,
                                    std::size_t a_stride,
                                    const T* HWY_RESTRICT b,
                                    std::size_t b_stride,
                                    std::size_t count,
                                    std::size_t rows,
                                    std::size_t columns,
                                    T* HWY_RESTRICT c,
                                    std::size_t c_stride) {
  constexpr std::size_t kWidth = kGradientVectors * kLanes<T>;
  for (std::size_t k = 0; k < count; k += kSummedRows) {
    const std::size_t now = std::min(kSummedRows, count - k);
    const T* HWY_RESTRICT ak = a + k * a_stride;
    const T* HWY_RESTRICT bk = b + k * b_stride;
    std::size_t n = 0;
    for (; n + kWidth <= columns; n += kWidth) {
      gradient_columns<kGradientVectors>(ak, a_stride, bk + n, b_stride, now, rows, c + n,
                                         c_stride);
    }
    for (; n < columns; n += kLanes<T>) {
      gradient_columns<1>(ak, a_stride, bk + n, b_stride, now, rows, c + n, c_stride);
    }
  }
}

/// out[c] += sum over the rows of a: the gradient of a bias.
template <class T>
HWY_INLINE void add_column_sums(const T* HWY_RESTRICT a,
                                std::size_t stride,
                                std::size_t rows,
                                std::size_t columns,
                                T* HWY_RESTRICT out) {
  const Tag<T> d;
  for (std::size_t c = 0; c < columns; c += kLanes<T>) {
    auto even = hn::Load(d, out + c), odd = hn::Zero(d);
    std::size_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      even = hn::Add(even, hn::Load(d, a + r * stride + c));
      odd = hn::Add(odd, hn::Load(d, a + (r + 1) * stride + c));
    }
    if (r < rows) even = hn::Add(even, hn::Load(d, a + r * stride + c));
    hn::Store(hn::Add(even, odd), d, out + c);
  }
}

/// to[c][r] = from[r][c] for a square of four.
template <class T>
HWY_INLINE void transpose_4x4(const T* from,
                              std::size_t from_stride,
                              T* to,
                              std::size_t to_stride) {
  if constexpr (sizeof(T) == 4) {
    const hn::FixedTag<T, 4> d;
    const hn::Repartition<double, decltype(d)> wide;
    const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_stride),
               c = hn::LoadU(d, from + 2 * from_stride), e = hn::LoadU(d, from + 3 * from_stride);
    const auto ab_low = hn::BitCast(wide, hn::InterleaveLower(d, a, b));
    const auto ab_high = hn::BitCast(wide, hn::InterleaveUpper(d, a, b));
    const auto ce_low = hn::BitCast(wide, hn::InterleaveLower(d, c, e));
    const auto ce_high = hn::BitCast(wide, hn::InterleaveUpper(d, c, e));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_low, ce_low)), d, to);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_low, ce_low)), d, to + to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_high, ce_high)), d, to + 2 * to_stride);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_high, ce_high)), d, to + 3 * to_stride);
  } else {
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t c = 0; c < 4; ++c) to[c * to_stride + r] = from[r * from_stride + c];
    }
  }
}

template <class T>
void pack(const T* source, std::size_t stride, bool transposed, cpu::PackedMatrix<T>& matrix) {
  const Tag<T> d;
  constexpr std::size_t kWidth = cpu::HWY_NAMESPACE::kPanelWidth<T>;
  T* HWY_RESTRICT panel = matrix.values.data();
  for (std::size_t column = 0; column < matrix.n; column += kWidth) {
    const std::size_t width = std::min(kWidth, matrix.n - column);
    if (transposed) {
      for (std::size_t c = 0; c < width; c += 4) {
        const T* HWY_RESTRICT from = source + (column + c) * stride;
        for (std::size_t k = 0; k < matrix.k; k += 4) {
          transpose_4x4(from + k, stride, panel + k * width + c, width);
        }
      }
    } else {
      for (std::size_t k = 0; k < matrix.k; ++k) {
        const T* HWY_RESTRICT from = source + k * stride + column;
        for (std::size_t c = 0; c < width; c += kLanes<T>) {
          hn::Store(hn::Load(d, from + c), d, panel + k * width + c);
        }
      }
    }
    panel += width * matrix.k;
  }
}

/// SiLU and its first two derivatives; NaN gives NaN in all.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE void silu_twice(D d, V x, V& value, V& slope, V& curvature) {
  const T limit = sizeof(T) == 4 ? T(87) : T(700);
  const V one = hn::Set(d, T(1));
  const V clamped = hn::Min(hn::Max(hn::Neg(x), hn::Set(d, -limit)), hn::Set(d, limit));
  const V logistic = hn::Div(one, hn::Add(one, cpu::HWY_NAMESPACE::exponential(d, clamped)));
  const V rest = hn::Sub(one, logistic);
  value = hn::Mul(x, logistic);
  slope = hn::MulAdd(value, rest, logistic);
  // S'' = p (1 - p) (2 + x (1 - 2p))
  const V two = hn::Set(d, T(2));
  curvature =
      hn::Mul(hn::Mul(logistic, rest), hn::MulAdd(x, hn::NegMulAdd(two, logistic, one), two));
}

}  // namespace fusemd::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
