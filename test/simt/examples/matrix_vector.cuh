// SPDX-License-Identifier: MIT
#pragma once
// y = A x, one warp a row. x is staged in dynamic shared memory; each warp passes its row's sum to
// the next kernel stage through a word of shared memory that only the warp uses.

#include "kernels/simt.cuh"

namespace fusemd::examples {

inline constexpr unsigned kMatrixVectorThreads = 128;

__global__ void __launch_bounds__(kMatrixVectorThreads) matrix_vector(const float* __restrict__ a,
                                                                      const float* __restrict__ x,
                                                                      float* __restrict__ y,
                                                                      unsigned rows,
                                                                      unsigned columns) {
  simt::DynamicShared shared;
  float* staged = shared.take<float>(columns);
  float* row_sums = shared.take<float>(kMatrixVectorThreads / 32);
  for (unsigned j = threadIdx.x; j < columns; j += kMatrixVectorThreads) staged[j] = x[j];
  __syncthreads();
  const unsigned lane = threadIdx.x % 32;
  const unsigned warp = threadIdx.x / 32;
  const unsigned row = blockIdx.x * (kMatrixVectorThreads / 32) + warp;
  if (row >= rows) return;  // whole warps leave, and no barrier of the block follows
  float sum = 0.0f;
  for (unsigned j = lane; j < columns; j += 32) {
    sum = fmaf(a[std::size_t{row} * columns + j], staged[j], sum);
  }
  for (int offset = 16; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(simt::kFullWarp, sum, offset);
  }
  if (lane == 0) row_sums[warp] = sum;
  __syncwarp();
  if (lane == 1) y[row] = row_sums[warp];
}

}  // namespace fusemd::examples
