// SPDX-License-Identifier: MIT
#pragma once
// Barriers that the cuts must complain about: one that nothing needs, one that no case reaches.

#include "kernels/simt.cuh"

namespace fusemd::test {

__global__ inline void useless_barriers(float* y, bool reach) {
  FUSEMD_SHARED(float, values, [64]);
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  const float other = values[63 - threadIdx.x];
  __syncthreads();
  y[threadIdx.x] = other;
  if (reach) __syncwarp();
}

}  // namespace fusemd::test
