// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "kernels/launch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"
#include "kernels/views.hpp"

namespace fusemd {

/// Which arithmetic a dense layer uses. The layout of weights and activations is the same for all.
enum class DenseKind {
  fma,     ///< fp32 fused multiply-adds in the order of k: every architecture
  tf32,    ///< tensor cores, factors rounded to TF32 (10 bits of fraction); sm_80 and later
  tf32x3,  ///< tensor cores, each factor as a sum of two TF32 numbers, three products
};

/// A dense layer's weights in device memory: y[n] = sum over k of x[k] W[k][n] + bias[n].
///
/// W lies as [k / 4][n][4], four consecutive k of a column beside each other. A thread that owns a
/// column reads 16 bytes, neighbouring threads neighbouring columns; a fragment of a tensor
/// instruction is 16 bytes of the same layout. k and n are padded with zeros to kDensePadding.
struct DenseView {
  const float* weights = nullptr;  ///< [k / 4][n][4], 16-byte aligned
  const float* bias = nullptr;     ///< [n]; null: none
  unsigned k = 0;                  ///< padded
  unsigned n = 0;                  ///< padded
};

/// Two tensor tiles of 8: what a warp of the tensor-core kinds takes of k and of n at a time.
inline constexpr unsigned kDensePadding = 16;

[[nodiscard]] FUSEMD_HD constexpr unsigned dense_padded(unsigned width) {
  return ceil_div(width, kDensePadding) * kDensePadding;
}

/// Floats from one row of activations to the next in shared memory, for rows of `width` values. An
/// odd multiple of 16: two neighbouring rows start half the banks apart, so that the eight lanes
/// that are served together, two rows of four lanes with 16 bytes each, hit every bank once.
[[nodiscard]] FUSEMD_HD constexpr unsigned dense_row_stride(unsigned width) {
  const unsigned padded = dense_padded(width);
  return padded % 32 == 0 ? padded + 16 : padded;
}

/// y = x W + bias for rows in global memory: the layer alone, as benchmarks and tests see it.
/// Inside the model dense layers are fused into the ops of kernels/update.hpp and
/// kernels/readout.hpp.
///
/// Source   docs/model.md, "Every Linear". Differs: none.
/// Shapes   x [rows][layer.k], y [rows][layer.n], overwritten; both 16-byte aligned.
/// Needs    x's padding columns are finite (their weights are 0).
/// Work     2 rows k n flops; k n 4 bytes of weights a tile of policy.node_rows rows, from L2.
/// Result   deterministic, and independent of the block's width, of the tile and of the other rows.
///          Error of one output, with S = sum of |x W| and eps = 2^-24:
///            fma      k eps S at most, about sqrt(k) eps S
///            tf32     2^-10 S at most (both factors rounded to 11 bits); about 2^-11 S / sqrt(k)
///            tf32x3   2^-21 S more than fma at most: the product of the two low parts is left out
/// Errors   DeviceError if the launch is refused. No rows: returns without launching. The
/// tensor-core
///          kinds trap on sm_75: dense_kind_runs() says so beforehand.
/// Tests    test/simt/kernels/test_dense.cpp
void dense(DenseKind kind,
           const DenseView& layer,
           DeviceSpan<const float> x,
           DeviceSpan<float> y,
           unsigned rows,
           const LaunchPolicy& policy,
           Stream stream);

/// Whether a part of this compute capability (10 major + minor) has the instructions.
[[nodiscard]] constexpr bool dense_kind_runs(DenseKind kind, int compute_capability) {
  return kind == DenseKind::fma || compute_capability >= 80;
}

}  // namespace fusemd
