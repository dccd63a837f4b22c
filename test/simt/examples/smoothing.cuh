// SPDX-License-Identifier: MIT
#pragma once
// Steps of a three-point average on a ring in one persistent kernel, a grid barrier a step.

#include "kernels/grid_barrier.cuh"

namespace fusemd::examples {

inline constexpr unsigned kSmoothingThreads = 64;

__global__ void __launch_bounds__(kSmoothingThreads)
    smoothing(float* a, float* b, unsigned n, unsigned steps, unsigned* barrier_word) {
  for (unsigned step = 0; step < steps; ++step) {
    const float* source = step % 2 == 0 ? a : b;
    float* target = step % 2 == 0 ? b : a;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
      const unsigned left = i > 0 ? i - 1 : n - 1;
      const unsigned right = i + 1 < n ? i + 1 : 0;
      target[i] = 0.25f * source[left] + 0.5f * source[i] + 0.25f * source[right];
    }
    simt::grid_barrier(barrier_word);
  }
}

}  // namespace fusemd::examples
