// SPDX-License-Identifier: MIT
// C = A B + bias for a dozen rows at a time: the dense layers of the update block and the head.
//
// No BLAS: at 12 rows a library's packing and dispatch cost more than the product, and its bits
// would depend on the library installed (docs/decisions/001-dependencies.md). The tile keeps its
// whole result in registers: 12 x 2 vectors with 32 registers, 6 x 2 with 16 (4 x 2 where a vector
// is 128 bits wide would waste loads, so 2 x 4). B comes in panels as wide as the tile, A is
// broadcast element by element.
#if defined(FUSEMD_DENSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_DENSE_INL_HPP
#undef FUSEMD_DENSE_INL_HPP
#else
#define FUSEMD_DENSE_INL_HPP
#endif

#include "host/cpu/packed_model.hpp"
#include "host/cpu/simd/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// Vectors across a tile and the most rows of one.
inline constexpr std::size_t kTileVectors = HWY_TARGET == HWY_SSE4 ? 4 : 2;
inline constexpr std::size_t kTileRows = kManyRegisters ? 12 : (HWY_TARGET == HWY_SSE4 ? 2 : 6);

template <class T>
inline constexpr std::size_t kPanelWidth = kTileVectors* kLanes<T>;

/// One tile: kRows x kVectors vectors of C, over all k. Column v of the tile starts at
/// b + (v / kPanelVectors) * panel_stride: wide, flat tiles take two panels.
template <std::size_t kRows, std::size_t kVectors, std::size_t kPanelVectors, class D, class T>
HWY_INLINE void dense_tile(D d,
                           const T* HWY_RESTRICT a,
                           std::size_t a_stride,
                           const T* HWY_RESTRICT b,
                           std::size_t panel_stride,
                           std::size_t k_count,
                           const T* HWY_RESTRICT bias,
                           T* HWY_RESTRICT c,
                           std::size_t c_stride) {
  using V = hn::Vec<D>;
  constexpr std::size_t kWidth = kLanes<T>;
  V sum[kRows][kVectors];
  FUSEMD_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V start = bias != nullptr ? hn::Load(d, bias + v * kWidth) : hn::Zero(d);
    FUSEMD_UNROLL
    for (std::size_t r = 0; r < kRows; ++r) sum[r][v] = start;
  }
  for (std::size_t k = 0; k < k_count; ++k) {
    V row[kVectors];
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      row[v] = hn::Load(d, b + (v / kPanelVectors) * panel_stride + (v % kPanelVectors) * kWidth);
    }
    FUSEMD_UNROLL
    for (std::size_t r = 0; r < kRows; ++r) {
      const V broadcast = hn::Set(d, a[r * a_stride + k]);
      FUSEMD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = hn::MulAdd(broadcast, row[v], sum[r][v]);
      }
    }
    b += kPanelVectors * kWidth;
  }
  FUSEMD_UNROLL
  for (std::size_t r = 0; r < kRows; ++r) {
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::Store(sum[r][v], d, c + r * c_stride + v * kWidth);
    }
  }
}

/// All columns for kRows rows.
template <std::size_t kRows, class T>
HWY_NOINLINE void dense_rows(const T* HWY_RESTRICT a,
                             std::size_t a_stride,
                             const PackedMatrix<T>& matrix,
                             T* HWY_RESTRICT c,
                             std::size_t c_stride) {
  const Tag<T> d;
  constexpr std::size_t kWidth = kPanelWidth<T>;
  const T* HWY_RESTRICT b = matrix.values.data();
  const T* HWY_RESTRICT bias = matrix.has_bias ? matrix.bias.data() : nullptr;
  const auto bias_at = [&](std::size_t column) {
    return bias != nullptr ? bias + column : nullptr;
  };
  std::size_t column = 0;
  // Few rows leave registers free: two panels at a time keep enough products in flight.
  if constexpr (kManyRegisters && kRows <= 6) {
    for (; column + 2 * kWidth <= matrix.n; column += 2 * kWidth) {
      dense_tile<kRows, 2 * kTileVectors, kTileVectors>(d, a, a_stride, b + column * matrix.k,
                                                        kWidth * matrix.k, matrix.k,
                                                        bias_at(column), c + column, c_stride);
    }
  }
  for (; column + kWidth <= matrix.n; column += kWidth) {
    dense_tile<kRows, kTileVectors, kTileVectors>(d, a, a_stride, b + column * matrix.k, 0,
                                                  matrix.k, bias_at(column), c + column, c_stride);
  }
  if constexpr (kWidth > kColumnPadding) {
    if (column < matrix.n) {
      constexpr std::size_t kVectors = kColumnPadding / kLanes<T>;
      dense_tile<kRows, kVectors, kVectors>(d, a, a_stride, b + column * matrix.k, 0, matrix.k,
                                            bias_at(column), c + column, c_stride);
    }
  }
}

template <std::size_t kRows, class T>
HWY_INLINE void dense_dispatch(std::size_t rows,
                               const T* HWY_RESTRICT a,
                               std::size_t a_stride,
                               const PackedMatrix<T>& matrix,
                               T* HWY_RESTRICT c,
                               std::size_t c_stride) {
  if (rows == kRows) {
    dense_rows<kRows>(a, a_stride, matrix, c, c_stride);
  } else if constexpr (kRows > 1) {
    dense_dispatch<kRows - 1>(rows, a, a_stride, matrix, c, c_stride);
  }
}

/// C [rows][n] = A [rows][k] B + bias. A's rows are a_stride apart, C's c_stride; both row starts
/// of C and B are aligned to a vector.
template <class T>
HWY_INLINE void dense(std::size_t rows,
                      const T* HWY_RESTRICT a,
                      std::size_t a_stride,
                      const PackedMatrix<T>& matrix,
                      T* HWY_RESTRICT c,
                      std::size_t c_stride) {
  while (rows > 0) {
    const std::size_t now = HWY_MIN(rows, kTileRows);
    dense_dispatch<kTileRows>(now, a, a_stride, matrix, c, c_stride);
    rows -= now;
    a += now * a_stride;
    c += now * c_stride;
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
