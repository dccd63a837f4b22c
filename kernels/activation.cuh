// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/fast_math.cuh"

namespace fusemd {

/// SiLU(x) = x p and its derivative S'(x) = p (1 + x (1 - p)), p = 1 / (1 + exp(-x)): the
/// activation of every dense layer but the last ones (docs/model.md (6), (11), (14); S' of (B1),
/// (B3), (B10)).
///
/// Result   p has a relative error below (1 - p) (2^-21.6 + |x| 2^-24) + 2^-22: about 6e-7. exp
///          overflows to infinity for x < -88, where p is 0 as it should be, and so are both
///          results.
struct Activation {
  float value, slope;
};

__device__ __forceinline__ float logistic(float x) {
  return simt::fast_reciprocal(1.0f + simt::fast_exp(-x));
}

__device__ __forceinline__ float silu(float x) { return x * logistic(x); }

__device__ __forceinline__ Activation silu_and_slope(float x) {
  const float p = logistic(x);
  return {x * p, fmaf(x * p, 1.0f - p, p)};
}

}  // namespace fusemd
