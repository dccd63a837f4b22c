// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/messages.cuh"
#include "kernels/tabulated_convolution.hpp"

namespace fusemd::simt {

/// Where a distance lies in a table: the four coefficients' weights for the value and for the
/// slope by t.
///
///   f = sum over m of b[m] c[k + m],   k = floor(d / h),  t = d / h - k,  h = knot distance
struct SplinePoint {
  std::uint32_t interval;
  float b[4];
  float slope[4];
};

/// kSlope: the slope's weights, too.
template <bool kSlope>
__device__ __forceinline__ SplinePoint spline_point(const FilterTable& table, float d) {
  SplinePoint at;
  // The last interval includes its end.
  at.interval = min(static_cast<unsigned>(__float2int_rd(d * table.intervals_per_length)),
                    table.n_intervals - 1);
  // One rounding only: the product is exact inside the fused multiply-add.
  const float t = fmaf(d, table.intervals_per_length, -static_cast<float>(at.interval));
  const float r = 1.0f - t;
  const float t2 = t * t;
  const float r2 = r * r;
  constexpr float kSixth = 1.0f / 6.0f;
  constexpr float kTwoThirds = 2.0f / 3.0f;
  at.b[0] = r2 * (r * kSixth);
  at.b[3] = t2 * (t * kSixth);
  at.b[1] = fmaf(t2, fmaf(0.5f, t, -1.0f), kTwoThirds);
  at.b[2] = fmaf(r2, fmaf(0.5f, r, -1.0f), kTwoThirds);
  if constexpr (kSlope) {
    // The third follows from their sum being 0: times intervals_per_length, the rounding of a sum
    // that is not would be a slope where there is none.
    at.slope[0] = -0.5f * r2;
    at.slope[3] = 0.5f * t2;
    at.slope[1] = t * fmaf(1.5f, t, -2.0f);
    at.slope[2] = -(at.slope[0] + at.slope[3] + at.slope[1]);
  }
  return at;
}

/// Four channels of one filter. `c` is its first coefficient, `row` the floats from one to the
/// next.
__device__ __forceinline__ float4 spline_value(const SplinePoint& at,
                                               const float* c,
                                               unsigned row) {
  float4 sum = multiply(load_vector<float4>(c), at.b[0]);
  sum = multiply_add(load_vector<float4>(c + row), at.b[1], sum);
  sum = multiply_add(load_vector<float4>(c + 2 * row), at.b[2], sum);
  return multiply_add(load_vector<float4>(c + 3 * row), at.b[3], sum);
}

__device__ __forceinline__ float4 spline_value_and_slope(const SplinePoint& at,
                                                         const float* c,
                                                         unsigned row,
                                                         float4& slope) {
  const float4 c0 = load_vector<float4>(c);
  const float4 c1 = load_vector<float4>(c + row);
  const float4 c2 = load_vector<float4>(c + 2 * row);
  const float4 c3 = load_vector<float4>(c + 3 * row);
  slope = multiply_add(
      c3, at.slope[3],
      multiply_add(c2, at.slope[2], multiply_add(c1, at.slope[1], multiply(c0, at.slope[0]))));
  return multiply_add(c3, at.b[3],
                      multiply_add(c2, at.b[2], multiply_add(c1, at.b[1], multiply(c0, at.b[0]))));
}

/// The filters of a distance, four channels from `channel` on. kFirst: f^1 is not needed.
template <bool kFirst>
__device__ __forceinline__ Filters
table_filters(const FilterTable& table, float d, unsigned channel, unsigned n_channels) {
  const SplinePoint at = spline_point<false>(table, d);
  const unsigned row = 3 * n_channels;
  const float* c = table.coefficients + (std::size_t{at.interval} * row + channel);
  Filters f;
  f.scalar = spline_value(at, c, row);
  if constexpr (!kFirst) f.vector = spline_value(at, c + n_channels, row);
  f.direction = spline_value(at, c + 2 * n_channels, row);
  return f;
}

/// The same with slopes by t; times intervals_per_length they are slopes by distance.
template <bool kFirst>
__device__ __forceinline__ Filters table_filters_and_slopes(const FilterTable& table,
                                                            float d,
                                                            unsigned channel,
                                                            unsigned n_channels,
                                                            Filters& slope) {
  const SplinePoint at = spline_point<true>(table, d);
  const unsigned row = 3 * n_channels;
  const float* c = table.coefficients + (std::size_t{at.interval} * row + channel);
  Filters f;
  f.scalar = spline_value_and_slope(at, c, row, slope.scalar);
  if constexpr (!kFirst) f.vector = spline_value_and_slope(at, c + n_channels, row, slope.vector);
  f.direction = spline_value_and_slope(at, c + 2 * n_channels, row, slope.direction);
  return f;
}

}  // namespace fusemd::simt
