// SPDX-License-Identifier: MIT
#pragma once
// The update block for a tile of atoms, by one block: contract and cost in kernels/update.hpp.
//
// Rejected: gates straight from the dense layer's registers to the features, without the way
// through shared memory. It saves a barrier and one trip of gates F floats, but a thread then
// reads and writes features 4 bytes at a time, and the tensor-core kinds, whose fragments hold
// other columns, would need a path of their own.

#include "kernels/activation.cuh"
#include "kernels/dense.cuh"
#include "kernels/features.cuh"
#include "kernels/tile.cuh"
#include "kernels/update.hpp"

namespace fusemd {

namespace detail {

/// (13): component a of M V', or of M^T V where `transposed`.
__device__ __forceinline__ float4 mixed(const float (&m)[9],
                                        unsigned a,
                                        bool transposed,
                                        const FeatureVector& v) {
  const unsigned first = transposed ? a : 3 * a, step = transposed ? 3 : 1;
  return simt::multiply_add(
      m[first], v.x,
      simt::multiply_add(m[first + step], v.y, simt::multiply(m[first + 2 * step], v.z)));
}

}  // namespace detail

/// Atoms [first, first + rows) of update_forward, by all threads of the block.
///
/// Needs    scratch: rows update_row_floats() floats of shared memory, 16-byte aligned, that nobody
///          is using; messages visible to the block; rows >= 1. Three barriers inside; one must
///          follow before the results are read by other threads or the scratch is used again.
template <DenseKind kKind, DenseTiling kTiling = DenseTiling::by_size>
__device__ __forceinline__ void update_forward_tile(const UpdateForward& op,
                                                    unsigned first,
                                                    unsigned rows,
                                                    float* scratch) {
  const unsigned f = op.shape.n_channels, n_gates = op.shape.gates;
  const unsigned wide = dense_row_stride(n_gates * f), narrow = dense_row_stride(f);
  float* joined = scratch;  // [s' ; n], then the gates
  float* activated = scratch + rows * wide;
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    simt::store_vector(joined + row * wide + c, in.s);
    simt::store_vector(joined + row * wide + f + c, norms(in, op.shape.norm_epsilon));
  });
  clear_padding(joined, wide, rows, 2 * f);
  __syncthreads();
  dense_rows<kKind, kTiling>(
      joined, wide, rows, op.weights.in, [&](unsigned row, unsigned column, auto q) {
        const auto a = activation(q);
        simt::store(activated + row * narrow + column, a.value);
        if (column < f) {
          simt::store(op.slopes + std::size_t{first + row} * f + column, a.slope);
        }
      });
  __syncthreads();
  dense_rows<kKind, kTiling>(activated, narrow, rows, op.weights.out,
                             [&](unsigned row, unsigned column, auto gate) {
                               simt::store(joined + row * wide + column, gate);
                             });
  __syncthreads();
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const float* gate = joined + row * wide + c;
    float* kept = op.gates + std::size_t{first + row} * (n_gates - 1) * f + c;
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    const float4 beta = simt::load_vector<float4>(gate + f);
    simt::store_vector(kept, beta);
    FeatureVector out{simt::add(in.s, simt::load_vector<float4>(gate)), simt::multiply(in.x, beta),
                      simt::multiply(in.y, beta), simt::multiply(in.z, beta)};
    if (n_gates == 3) {
      const float4 delta = simt::load_vector<float4>(gate + 2 * f);
      simt::store_vector(kept + f, delta);
      const float(&m)[9] = op.weights.mixing;
      out.x = simt::multiply_add(detail::mixed(m, 0, false, in), delta, out.x);
      out.y = simt::multiply_add(detail::mixed(m, 1, false, in), delta, out.y);
      out.z = simt::multiply_add(detail::mixed(m, 2, false, in), delta, out.z);
    }
    store_features(op.features, first + row, c, f, out);
  });
}

/// Atoms [first, first + rows) of update_backward: needs and barriers as of update_forward_tile.
template <DenseKind kKind, DenseTiling kTiling = DenseTiling::by_size>
__device__ __forceinline__ void update_backward_tile(const UpdateBackward& op,
                                                     unsigned first,
                                                     unsigned rows,
                                                     float* scratch) {
  const unsigned f = op.shape.n_channels, n_gates = op.shape.gates;
  const unsigned wide = dense_row_stride(n_gates * f), narrow = dense_row_stride(f);
  float* grad_gates = scratch;  // then [s'_ ; n_]
  float* grad_q = scratch + rows * wide;
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    const FeatureVector grad = load_features(op.grad_features, first + row, c, f);
    float* target = grad_gates + row * wide + c;
    simt::store_vector(target, grad.s);
    simt::store_vector(
        target + f,
        simt::multiply_add(grad.x, in.x,
                           simt::multiply_add(grad.y, in.y, simt::multiply(grad.z, in.z))));
    if (n_gates == 3) {
      const float(&m)[9] = op.weights.mixing;
      const float4 grad_delta = simt::multiply_add(
          detail::mixed(m, 0, false, in), grad.x,
          simt::multiply_add(detail::mixed(m, 1, false, in), grad.y,
                             simt::multiply(detail::mixed(m, 2, false, in), grad.z)));
      simt::store_vector(target + 2 * f, grad_delta);
    }
  });
  clear_padding(grad_gates, wide, rows, n_gates * f);
  __syncthreads();
  dense_rows<kKind, kTiling>(
      grad_gates, wide, rows, op.weights.out_back, [&](unsigned row, unsigned column, auto grad) {
        using Value = decltype(grad);
        const std::size_t at = std::size_t{first + row} * f + column;
        const Value slope = column < f ? simt::load<Value>(op.slopes + at) : simt::zero<Value>();
        simt::store(grad_q + row * narrow + column, simt::multiply(grad, slope));
      });
  __syncthreads();
  float* grad_in = grad_gates;
  dense_rows<kKind, kTiling>(grad_q, narrow, rows, op.weights.in_back,
                             [&](unsigned row, unsigned column, auto grad) {
                               simt::store(grad_in + row * wide + column, grad);
                             });
  __syncthreads();
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const FeatureVector in = load_features(op.messages, first + row, c, f);
    const FeatureVector grad = load_features(op.grad_features, first + row, c, f);
    const float* back = grad_in + row * wide + c;
    const float* gate = op.gates + std::size_t{first + row} * (n_gates - 1) * f + c;
    const float4 beta = simt::load_vector<float4>(gate);
    const float4 along = along_norm(in, simt::load_vector<float4>(back + f), op.shape.norm_epsilon);
    FeatureVector out{simt::add(grad.s, simt::load_vector<float4>(back)),
                      simt::multiply_add(grad.x, beta, simt::multiply(along, in.x)),
                      simt::multiply_add(grad.y, beta, simt::multiply(along, in.y)),
                      simt::multiply_add(grad.z, beta, simt::multiply(along, in.z))};
    if (n_gates == 3) {
      const float4 delta = simt::load_vector<float4>(gate + f);
      const float(&m)[9] = op.weights.mixing;
      out.x = simt::multiply_add(detail::mixed(m, 0, true, grad), delta, out.x);
      out.y = simt::multiply_add(detail::mixed(m, 1, true, grad), delta, out.y);
      out.z = simt::multiply_add(detail::mixed(m, 2, true, grad), delta, out.z);
    }
    store_features(op.grad_messages, first + row, c, f, out);
  });
}

}  // namespace fusemd
