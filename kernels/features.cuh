// SPDX-License-Identifier: MIT
#pragma once
// An atom's features, four channels at a time, and the norms of its vectors.

#include "kernels/activation.cuh"
#include "kernels/batch.hpp"
#include "kernels/float4_math.cuh"

namespace fusemd {

/// SiLU and its slope for one channel or four.
struct ActivationVector {
  float4 value, slope;
};

__device__ __forceinline__ Activation activation(float x) { return silu_and_slope(x); }

__device__ __forceinline__ ActivationVector activation(const float4& x) {
  const Activation a = silu_and_slope(x.x), b = silu_and_slope(x.y), c = silu_and_slope(x.z),
                   d = silu_and_slope(x.w);
  return {make_float4(a.value, b.value, c.value, d.value),
          make_float4(a.slope, b.slope, c.slope, d.slope)};
}

/// The four components of one atom for four channels.
struct FeatureVector {
  float4 s, x, y, z;
};

__device__ __forceinline__ FeatureVector zero_features() {
  const float4 zero = simt::splat(0.0f);
  return {zero, zero, zero, zero};
}

/// `source` is the atom's first of the four channels, s.
__device__ __forceinline__ FeatureVector load_features(const float* source, unsigned n_channels) {
  return {simt::load_vector<float4>(source), simt::load_vector<float4>(source + n_channels),
          simt::load_vector<float4>(source + 2 * n_channels),
          simt::load_vector<float4>(source + 3 * n_channels)};
}

__device__ __forceinline__ FeatureVector load_features(const float* features,
                                                       unsigned atom,
                                                       unsigned c,
                                                       unsigned n_channels) {
  return load_features(features + feature_offset(atom, n_channels) + c, n_channels);
}

__device__ __forceinline__ void store_features(float* features,
                                               unsigned atom,
                                               unsigned c,
                                               unsigned n_channels,
                                               const FeatureVector& value) {
  float* target = features + feature_offset(atom, n_channels) + c;
  simt::store_vector(target, value.s);
  simt::store_vector(target + n_channels, value.x);
  simt::store_vector(target + 2 * n_channels, value.y);
  simt::store_vector(target + 3 * n_channels, value.z);
}

/// n^2 of (9').
__device__ __forceinline__ float4 norm_square(const FeatureVector& v, float epsilon) {
  return simt::multiply_add(
      v.x, v.x,
      simt::multiply_add(v.y, v.y, simt::multiply_add(v.z, v.z, simt::splat(epsilon * epsilon))));
}

/// n of (9) and (9').
__device__ __forceinline__ float4 norms(const FeatureVector& v, float epsilon) {
  return simt::map([](float square) { return simt::fast_sqrt(square); }, norm_square(v, epsilon));
}

/// n_ / n of (B5), 0 where n is 0.
__device__ __forceinline__ float4 along_norm(const FeatureVector& v,
                                             const float4& grad_norm,
                                             float epsilon) {
  const float4 inverse = simt::map(
      [](float square) {
        constexpr float kLeastNormal = 0x1p-126f;     // the units take what is smaller for 0
        const bool vanishes = square < kLeastNormal;  // false for NaN, which stays
        return vanishes ? 0.0f : simt::fast_rsqrt(square);
      },
      norm_square(v, epsilon));
  return simt::multiply(grad_norm, inverse);
}

}  // namespace fusemd
