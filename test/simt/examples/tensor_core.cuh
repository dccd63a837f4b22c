// SPDX-License-Identifier: MIT
#pragma once
// C = A B for A [16, 8 n], B [8 n, 8] on one warp: tiles by asynchronous copies into two buffers in
// turn, products on the tensor cores in TF32.

#include "kernels/copy_async.cuh"
#include "kernels/mma_tf32.cuh"

namespace fusemd::examples {

__global__ void __launch_bounds__(32) tensor_core_product(const float* __restrict__ a,
                                                          const float* __restrict__ b,
                                                          float* __restrict__ c,
                                                          unsigned tiles) {
  constexpr unsigned kA = simt::kMmaRows * simt::kMmaDepth;
  constexpr unsigned kB = simt::kMmaDepth * simt::kMmaColumns;
  FUSEMD_SHARED(float, tile_a, [2][kA]);
  FUSEMD_SHARED(float, tile_b, [2][kB]);
  const unsigned lane = threadIdx.x;
  const auto fetch = [&](unsigned t) {
    if (t < tiles) {
      simt::copy_async<16>(&tile_a[t % 2][4 * lane], &a[std::size_t{t} * kA + 4 * lane]);
      simt::copy_async<8>(&tile_b[t % 2][2 * lane], &b[std::size_t{t} * kB + 2 * lane]);
    }
    simt::copy_async_commit();
  };
  float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  fetch(0);
  for (unsigned t = 0; t < tiles; ++t) {
    fetch(t + 1);
    simt::copy_async_wait<1>();
    __syncwarp();
    unsigned fragment_a[4];
    unsigned fragment_b[2];
    for (unsigned r = 0; r < 4; ++r) {
      const simt::MatrixElement at = simt::mma_element_a(lane, r);
      fragment_a[r] = simt::to_tf32(tile_a[t % 2][at.row * simt::kMmaDepth + at.column]);
    }
    for (unsigned r = 0; r < 2; ++r) {
      const simt::MatrixElement at = simt::mma_element_b(lane, r);
      fragment_b[r] = simt::to_tf32(tile_b[t % 2][at.row * simt::kMmaColumns + at.column]);
    }
    simt::mma_m16n8k8_tf32(sum, fragment_a, fragment_b);
    __syncwarp();
  }
  for (unsigned r = 0; r < 4; ++r) {
    const simt::MatrixElement at = simt::mma_element_c(lane, r);
    c[at.row * simt::kMmaColumns + at.column] = sum[r];
  }
}

}  // namespace fusemd::examples
