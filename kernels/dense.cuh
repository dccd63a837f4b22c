// SPDX-License-Identifier: MIT
#pragma once
// Dense layers inside a block: activations in shared memory, weights streamed from L2, results to
// an epilogue. Contract of the arithmetic: kernels/dense.hpp.
//
// Cost. A thread of the FMA kind owns R rows and C columns. Four k cost it C loads of 16 bytes from
// global memory (coalesced), R of 16 bytes from shared memory (broadcast) and 4 R C multiply-adds:
// 89 % of the instructions for 4 x 4, 80 % for 2 x 2, which keeps more threads busy where there is
// little work. Every output is one chain of multiply-adds in the order of k, so the shape changes
// no bit. A warp of the tensor-core kinds owns 16 rows and 16 columns; 16 k cost it 2 + 2 loads of
// 16 bytes a lane and 4 (TF32) or 12 (3xTF32) tensor instructions.
//
// Rejected: weights through shared memory. A block reads each weight once a tile of rows, and a
// tile has at most a few rows a thread, so a copy would be read no more often than the original.

#include <type_traits>

#include "kernels/dense.hpp"
#include "kernels/mma_tf32.cuh"
#include "kernels/simt.cuh"

namespace fusemd {

namespace detail {

template <unsigned kRows, unsigned kColumns, class Epilogue>
__device__ __forceinline__ void dense_fma(const float* x,
                                          unsigned stride,
                                          unsigned rows,
                                          const DenseView& layer,
                                          const Epilogue& epilogue) {
  const unsigned column_groups = layer.n / kColumns;
  const unsigned row_groups = ceil_div(rows, kRows);
  for (unsigned item = threadIdx.x; item < column_groups * row_groups; item += blockDim.x) {
    const unsigned row_group = item / column_groups;
    const unsigned column = item - row_group * column_groups;
    // Rows and columns of a thread are as far apart as there are groups: neighbouring threads then
    // read neighbouring weights and store to neighbouring banks.
    float sum[kRows][kColumns];
    const float* row[kRows];
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) {
      // A row beyond the last computes the last one again, and stores nothing.
      row[r] = x + min(row_group + r * row_groups, rows - 1) * stride;
#pragma unroll
      for (unsigned c = 0; c < kColumns; ++c) {
        sum[r][c] = layer.bias == nullptr ? 0.0f : layer.bias[column + c * column_groups];
      }
    }
    const float* weights = layer.weights + 4 * column;
#pragma unroll 1
    for (unsigned k = 0; k < layer.k; k += kDensePadding) {
#pragma unroll
      for (unsigned step = 0; step < kDensePadding; step += 4) {
        float4 b[kColumns];
#pragma unroll
        for (unsigned c = 0; c < kColumns; ++c) {
          b[c] = simt::load_vector<float4>(weights + 4 * c * column_groups);
        }
        weights += 4 * layer.n;
#pragma unroll
        for (unsigned r = 0; r < kRows; ++r) {
          const float4 a = simt::load_vector<float4>(row[r] + k + step);
#pragma unroll
          for (unsigned c = 0; c < kColumns; ++c) {
            float s = sum[r][c];
            s = fmaf(a.x, b[c].x, s);
            s = fmaf(a.y, b[c].y, s);
            s = fmaf(a.z, b[c].z, s);
            sum[r][c] = fmaf(a.w, b[c].w, s);
          }
        }
      }
    }
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) {
      const unsigned target = row_group + r * row_groups;
      if (target >= rows) break;
#pragma unroll
      for (unsigned c = 0; c < kColumns; ++c) {
        epilogue(target, column + c * column_groups, sum[r][c]);
      }
    }
  }
}

/// A float as one TF32 number (kParts = 1) or as the sum of two.
template <unsigned kParts>
struct Tf32Parts {
  unsigned part[kParts];

  __device__ __forceinline__ explicit Tf32Parts(float x) {
    part[0] = simt::to_tf32(x);
    if constexpr (kParts == 2) part[1] = simt::to_tf32(x - simt::tf32_value(part[0]));
  }
};

// The order of k inside an instruction is free as long as both factors agree. Lane member m takes
// k = 4 m ... 4 m + 3 of a stretch of 16, so that one 16-byte load gives two instructions' worth:
// step 0 multiplies 4 m (where the fragment's table says m) and 4 m + 1 (where it says m + 4), step
// 1 multiplies 4 m + 2 and 4 m + 3. So is the order of columns: column c of tile T stands for
// column 4 (c / 2) + 2 T + c % 2 of a stretch of 16, so that the two tiles together give lane
// member m the results 4 m ... 4 m + 3 of a row. These are the places of the table that this relies
// on:
static_assert(simt::mma_element_a(5, 0).row == 1 && simt::mma_element_a(5, 0).column == 1);
static_assert(simt::mma_element_a(5, 1).row == 9 && simt::mma_element_a(5, 1).column == 1);
static_assert(simt::mma_element_a(5, 2).row == 1 && simt::mma_element_a(5, 2).column == 5);
static_assert(simt::mma_element_a(5, 3).row == 9 && simt::mma_element_a(5, 3).column == 5);
static_assert(simt::mma_element_b(5, 0).row == 1 && simt::mma_element_b(5, 0).column == 1);
static_assert(simt::mma_element_b(5, 1).row == 5 && simt::mma_element_b(5, 1).column == 1);
static_assert(simt::mma_element_c(5, 0).row == 1 && simt::mma_element_c(5, 0).column == 2);
static_assert(simt::mma_element_c(5, 1).row == 1 && simt::mma_element_c(5, 1).column == 3);
static_assert(simt::mma_element_c(5, 2).row == 9 && simt::mma_element_c(5, 2).column == 2);
static_assert(simt::mma_element_c(5, 3).row == 9 && simt::mma_element_c(5, 3).column == 3);

/// Four neighbouring results of a row, in one call where the epilogue takes them so.
template <class Epilogue>
__device__ __forceinline__ void give_four(const Epilogue& epilogue,
                                          unsigned row,
                                          unsigned column,
                                          const float4& y) {
  if constexpr (std::is_invocable_v<const Epilogue&, unsigned, unsigned, float4>) {
    epilogue(row, column, y);
  } else {
    epilogue(row, column, y.x);
    epilogue(row, column + 1, y.y);
    epilogue(row, column + 2, y.z);
    epilogue(row, column + 3, y.w);
  }
}

template <unsigned kParts, class Epilogue>
__device__ __forceinline__ void dense_mma(const float* x,
                                          unsigned stride,
                                          unsigned rows,
                                          const DenseView& layer,
                                          const Epilogue& epilogue) {
  using Parts = Tf32Parts<kParts>;
  const unsigned lane = threadIdx.x % simt::kWarpSize;
  const unsigned group = lane / 4, member = lane % 4;
  const unsigned column_tiles = layer.n / kDensePadding;
  const unsigned items = ceil_div(rows, simt::kMmaRows) * column_tiles;
  for (unsigned item = threadIdx.x / simt::kWarpSize; item < items;
       item += blockDim.x / simt::kWarpSize) {
    const unsigned first_row = item / column_tiles * simt::kMmaRows;
    const unsigned first_column = item % column_tiles * kDensePadding;
    const float* low_row = x + min(first_row + group, rows - 1) * stride + 4 * member;
    const float* high_row = x + min(first_row + group + 8, rows - 1) * stride + 4 * member;
    const float* weights =
        layer.weights + 4 * (member * layer.n + first_column + 4 * (group / 2) + group % 2);
    const unsigned column = first_column + 4 * member;  // of the lane's results
    const float4 bias = layer.bias == nullptr ? make_float4(0.0f, 0.0f, 0.0f, 0.0f)
                                              : simt::load_vector<float4>(layer.bias + column);
    float sum[2][4] = {{bias.x, bias.y, bias.x, bias.y}, {bias.z, bias.w, bias.z, bias.w}};
#pragma unroll 1
    for (unsigned k = 0; k < layer.k; k += kDensePadding) {
      const float4 low = simt::load_vector<float4>(low_row + k);
      const float4 high = simt::load_vector<float4>(high_row + k);
      const Parts a[2][4] = {{Parts(low.x), Parts(high.x), Parts(low.y), Parts(high.y)},
                             {Parts(low.z), Parts(high.z), Parts(low.w), Parts(high.w)}};
#pragma unroll
      for (unsigned tile = 0; tile < 2; ++tile) {
        const float4 w = simt::load_vector<float4>(weights + 8 * tile);
        const Parts b[2][2] = {{Parts(w.x), Parts(w.y)}, {Parts(w.z), Parts(w.w)}};
#pragma unroll
        for (unsigned step = 0; step < 2; ++step) {
          const auto multiply = [&](unsigned part_a, unsigned part_b) {
            const unsigned fragment_a[4] = {a[step][0].part[part_a], a[step][1].part[part_a],
                                            a[step][2].part[part_a], a[step][3].part[part_a]};
            const unsigned fragment_b[2] = {b[step][0].part[part_b], b[step][1].part[part_b]};
            simt::mma_m16n8k8_tf32(sum[tile], fragment_a, fragment_b);
          };
          if constexpr (kParts == 2) {  // the small products first
            multiply(1, 0);
            multiply(0, 1);
          }
          multiply(0, 0);
        }
      }
      weights += kDensePadding * layer.n;
    }
    const unsigned low = first_row + group, high = low + 8;
    if (low < rows) {
      give_four(epilogue, low, column, make_float4(sum[0][0], sum[0][1], sum[1][0], sum[1][1]));
    }
    if (high < rows) {
      give_four(epilogue, high, column, make_float4(sum[0][2], sum[0][3], sum[1][2], sum[1][3]));
    }
  }
}

}  // namespace detail

/// What a thread of the FMA kind owns. It changes no bit.
enum class DenseTiling {
  by_size,  ///< 4 x 4 where that keeps the block busy, else 2 x 2
  small,    ///< 2 x 2: for kernels that hold so much else that both would not fit the registers
};

/// y = x W + bias for `rows` rows, by all threads of the block, a multiple of 32.
///
///   epilogue(row, column, y)   is called for every row and each of layer.n columns, by the thread
///                              that has the result: with a float for one column, or, if it takes
///                              one and the kind has four at a time, with a float4 for `column` to
///                              column + 3, column a multiple of 4. kernels/float4_math.cuh has
///                              functions for either.
///
/// Needs    x [rows][layer.k] in shared memory, `stride` floats apart (dense_row_stride), 16-byte
///          aligned, visible to the block: a barrier lies between its writers and this call. rows
///          >= 1. No barrier inside: one must lie before what the epilogue wrote is read, or x is
///          written, by another thread.
template <DenseKind kKind, DenseTiling kTiling = DenseTiling::by_size, class Epilogue>
__device__ __forceinline__ void dense_rows(const float* x,
                                           unsigned stride,
                                           unsigned rows,
                                           const DenseView& layer,
                                           const Epilogue& epilogue) {
  if constexpr (kKind == DenseKind::tf32) {
    detail::dense_mma<1>(x, stride, rows, layer, epilogue);
  } else if constexpr (kKind == DenseKind::tf32x3) {
    detail::dense_mma<2>(x, stride, rows, layer, epilogue);
  } else if (kTiling == DenseTiling::by_size &&
             ceil_div(rows, 4u) * (layer.n / 4) >= blockDim.x / 2) {
    detail::dense_fma<4, 4>(x, stride, rows, layer, epilogue);
  } else {
    detail::dense_fma<2, 2>(x, stride, rows, layer, epilogue);
  }
}

/// Calls `body` with the kind as a constant: body.template operator()<kKind>().
template <class Body>
void with_dense_kind(DenseKind kind, const Body& body) {
  switch (kind) {
    case DenseKind::fma:
      return body.template operator()<DenseKind::fma>();
    case DenseKind::tf32:
      return body.template operator()<DenseKind::tf32>();
    case DenseKind::tf32x3:
      return body.template operator()<DenseKind::tf32x3>();
  }
}

}  // namespace fusemd
