// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/fast_math.cuh"
#include "kernels/radial_basis.hpp"

namespace fusemd::simt {

/// A function of distance and its derivative by it.
struct ValueAndSlope {
  float value, slope;
};

/// g(d) = exp(-gamma (d - mu)^2), (2).
__device__ __forceinline__ ValueAndSlope radial_gaussian(float d, float center, float gamma) {
  const float x = d - center;
  const float g = fast_exp(-gamma * x * x);
  return {g, -2.0f * gamma * x * g};
}

/// fc(d), (3), and fc' of (B11).
__device__ __forceinline__ ValueAndSlope cutoff_function(float d, float cutoff) {
  if (!(d < cutoff)) return {0.0f, 0.0f};
  constexpr float kPi = 3.14159265358979324f;
  float sine;
  float cosine;
  // Of pi times the ratio: no reduction of large arguments, hence no double-precision path.
  sincospif(d / cutoff, &sine, &cosine);
  return {fmaf(0.5f, cosine, 0.5f), -0.5f * kPi / cutoff * sine};
}

/// b_k and db_k/dd: (4) or (4').
__device__ __forceinline__ ValueAndSlope basis_function(const RadialBasisView& basis,
                                                        std::uint32_t k,
                                                        float d,
                                                        const ValueAndSlope& fc) {
  const ValueAndSlope g = radial_gaussian(d, basis.centers[k], basis.gammas[k]);
  if (!basis.cut_basis) return g;
  return {g.value * fc.value, fmaf(g.value, fc.slope, g.slope * fc.value)};
}

}  // namespace fusemd::simt
