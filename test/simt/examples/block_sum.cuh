// SPDX-License-Identifier: MIT
#pragma once
// Sums of slices of an array, one a block: warp shuffles, one word of shared memory a warp, a
// barrier.

#include "kernels/simt.cuh"

namespace fusemd::examples {

template <unsigned kThreads>
__global__ void __launch_bounds__(kThreads)
    block_sum(const float* __restrict__ x, float* __restrict__ sums, unsigned n) {
  FUSEMD_SHARED(float, partial, [kThreads / 32]);
  float sum = 0.0f;
  for (unsigned i = blockIdx.x * kThreads + threadIdx.x; i < n; i += gridDim.x * kThreads) {
    sum += x[i];
  }
  for (int offset = 16; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(simt::kFullWarp, sum, offset);
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < kThreads / 32 ? partial[threadIdx.x] : 0.0f;
    for (unsigned offset = 16; offset > 0; offset /= 2) {
      sum += __shfl_down_sync(simt::kFullWarp, sum, offset);
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  }
}

}  // namespace fusemd::examples
