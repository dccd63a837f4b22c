// SPDX-License-Identifier: MIT
#pragma once
// The readout for a tile of atoms, by one block: contract and cost in kernels/readout.hpp.

#include "kernels/activation.cuh"
#include "kernels/dense.cuh"
#include "kernels/features.cuh"
#include "kernels/readout.hpp"
#include "kernels/tile.cuh"

namespace fusemd {

namespace detail {

/// Sums of `n` floats (a multiple of 16) of each row: four lanes a row, then pairs of them, so that
/// the order does not depend on the block. finish(row, sum) is called by one of the lanes.
template <class Finish>
__device__ __forceinline__ void sum_rows(const float* values,
                                         unsigned stride,
                                         unsigned rows,
                                         unsigned n,
                                         const Finish& finish) {
  constexpr unsigned kRowsPerWarp = 8;
  const unsigned lane = threadIdx.x % simt::kWarpSize, member = lane % 4;
  const unsigned warps = blockDim.x / simt::kWarpSize;
  for (unsigned first = threadIdx.x / simt::kWarpSize * kRowsPerWarp; first < rows;
       first += warps * kRowsPerWarp) {
    const unsigned row = first + lane / 4;
    const float* source = values + min(row, rows - 1) * stride + 4 * member;
    float sum = 0.0f;
    for (unsigned c = 0; c < n; c += 16) {
      const float4 v = simt::load_vector<float4>(source + c);
      sum += (v.x + v.y) + (v.z + v.w);
    }
    sum += __shfl_xor_sync(simt::kFullWarp, sum, 1);
    sum += __shfl_xor_sync(simt::kFullWarp, sum, 2);
    if (row < rows && member == 0) finish(row, sum);
  }
}

}  // namespace detail

/// Atoms [first, first + rows) of readout, by all threads of the block.
///
/// Needs    scratch: rows readout_row_floats() floats of shared memory, 16-byte aligned, that
/// nobody
///          is using; messages visible to the block; rows >= 1. Seven barriers inside; one must
///          follow before the results are read by other threads or the scratch is used again.
template <DenseKind kKind, DenseTiling kTiling = DenseTiling::by_size>
__device__ __forceinline__ void readout_tile(const ReadoutOp& op,
                                             unsigned first,
                                             unsigned rows,
                                             float* scratch) {
  const unsigned f = op.n_channels;
  const ReadoutWeights& w = op.weights;
  const unsigned wide = dense_row_stride(2 * f), narrow = dense_row_stride(f);
  const unsigned half = dense_row_stride(w.head_1.n), quarter = dense_row_stride(w.head_2.n);
  // The head's rows lie over [s' ; n], which is dead by then; [s'_ ; n_] over both at the end.
  float* head_in = scratch;               // [s' ; SiLU(q)], then [s'_ ; p_]
  float* slopes = head_in + rows * wide;  // S'(q), then q_
  float* joined = slopes + rows * narrow;
  float* activated = joined;  // SiLU(z1), then z1_
  float* activated_slopes = activated + rows * half;
  float* terms = activated_slopes + rows * half;  // A3 SiLU(z2)
  float* grad_terms = terms + rows * quarter;     // z2_

  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    simt::store_vector(joined + row * wide + c, in.s);
    simt::store_vector(joined + row * wide + f + c, norms(in, op.norm_epsilon));
    simt::store_vector(head_in + row * wide + c, in.s);
  });
  clear_padding(joined, wide, rows, 2 * f);
  clear_padding(head_in, wide, rows, 2 * f);
  clear_padding(slopes, narrow, rows, f);
  __syncthreads();
  dense_rows<kKind, kTiling>(joined, wide, rows, w.in, [&](unsigned row, unsigned column, auto q) {
    if (column >= f) return;
    const auto a = activation(q);
    simt::store(head_in + row * wide + f + column, a.value);
    simt::store(slopes + row * narrow + column, a.slope);
  });
  __syncthreads();
  dense_rows<kKind, kTiling>(head_in, wide, rows, w.head_1,
                             [&](unsigned row, unsigned column, auto z) {
                               const auto a = activation(z);
                               simt::store(activated + row * half + column, a.value);
                               simt::store(activated_slopes + row * half + column, a.slope);
                             });
  __syncthreads();
  dense_rows<kKind, kTiling>(
      activated, half, rows, w.head_2, [&](unsigned row, unsigned column, auto z) {
        const auto a = activation(z);
        const auto factor = simt::load<decltype(z)>(w.head_3 + column);
        simt::store(terms + row * quarter + column, simt::multiply(factor, a.value));
        simt::store(grad_terms + row * quarter + column, simt::multiply(factor, a.slope));
      });
  __syncthreads();
  detail::sum_rows(terms, quarter, rows, w.head_2.n, [&](unsigned row, float sum) {
    op.atom_energies[first + row] = double{sum} + w.energy_offset[op.element[first + row]];
  });
  dense_rows<kKind, kTiling>(grad_terms, quarter, rows, w.head_2_back,
                             [&](unsigned row, unsigned column, auto grad) {
                               const unsigned at = row * half + column;
                               const auto slope = simt::load<decltype(grad)>(activated_slopes + at);
                               simt::store(activated + at, simt::multiply(grad, slope));
                             });
  __syncthreads();
  dense_rows<kKind, kTiling>(
      activated, half, rows, w.head_1_back, [&](unsigned row, unsigned column, auto grad) {
        if (column < f) simt::store(head_in + row * wide + column, grad);
        if (column < f || column >= 2 * f) return;
        // The thread that has p_ is the only one that reads this slope.
        float* slope = slopes + row * narrow + column - f;
        simt::store(slope, simt::multiply(grad, simt::load<decltype(grad)>(slope)));
      });
  __syncthreads();
  dense_rows<kKind, kTiling>(slopes, narrow, rows, w.in_back,
                             [&](unsigned row, unsigned column, auto grad) {
                               simt::store(joined + row * wide + column, grad);
                             });
  __syncthreads();
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    const float* back = joined + row * wide + c;
    const float4 along = along_norm(in, simt::load_vector<float4>(back + f), op.norm_epsilon);
    const FeatureVector out{simt::add(simt::load_vector<float4>(head_in + row * wide + c),
                                      simt::load_vector<float4>(back)),
                            simt::multiply(along, in.x), simt::multiply(along, in.y),
                            simt::multiply(along, in.z)};
    store_features(op.grad_messages, first + row, c, f, out);
  });
}

}  // namespace fusemd
