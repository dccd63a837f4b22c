// SPDX-License-Identifier: MIT
#pragma once
// Four channels at a time.

#include "kernels/simt.cuh"

namespace fusemd::simt {

__device__ __forceinline__ float4 splat(float x) { return make_float4(x, x, x, x); }

__device__ __forceinline__ float4 add(const float4& a, const float4& b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float4 multiply(const float4& a, const float4& b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

__device__ __forceinline__ float4 multiply(float a, const float4& b) {
  return make_float4(a * b.x, a * b.y, a * b.z, a * b.w);
}

__device__ __forceinline__ float4 multiply(const float4& a, float b) { return multiply(b, a); }

/// a b + c, rounded once a channel.
__device__ __forceinline__ float4 multiply_add(const float4& a, const float4& b, const float4& c) {
  return make_float4(fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z),
                     fmaf(a.w, b.w, c.w));
}

__device__ __forceinline__ float4 multiply_add(float a, const float4& b, const float4& c) {
  return make_float4(fmaf(a, b.x, c.x), fmaf(a, b.y, c.y), fmaf(a, b.z, c.z), fmaf(a, b.w, c.w));
}

__device__ __forceinline__ float4 multiply_add(const float4& a, float b, const float4& c) {
  return multiply_add(b, a, c);
}

__device__ __forceinline__ float4 negative(const float4& a) {
  return make_float4(-a.x, -a.y, -a.z, -a.w);
}
/// sum over the four channels of a b, added to c
__device__ __forceinline__ float dot4(const float4& a, const float4& b, float c) {
  return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, c))));
}
/// By value: a choice between two variables would put both into local memory.
__device__ __forceinline__ float4 select(bool condition, float4 yes, float4 no) {
  return make_float4(condition ? yes.x : no.x, condition ? yes.y : no.y, condition ? yes.z : no.z,
                     condition ? yes.w : no.w);
}
__device__ __forceinline__ float4 shuffle_xor(const float4& value, unsigned flip) {
  const int f = static_cast<int>(flip);
  return make_float4(__shfl_xor_sync(kFullWarp, value.x, f), __shfl_xor_sync(kFullWarp, value.y, f),
                     __shfl_xor_sync(kFullWarp, value.z, f),
                     __shfl_xor_sync(kFullWarp, value.w, f));
}

/// The same for one channel, and access to as many as the value has: for text that serves both.
__device__ __forceinline__ float multiply(float a, float b) { return a * b; }

template <class Value>
__device__ __forceinline__ Value load(const float* source) {
  if constexpr (sizeof(Value) == sizeof(float)) {
    return *source;
  } else {
    return load_vector<Value>(source);
  }
}

__device__ __forceinline__ void store(float* target, float value) { *target = value; }
__device__ __forceinline__ void store(float* target, const float4& value) {
  store_vector(target, value);
}

template <class Value>
__device__ __forceinline__ Value zero();
template <>
__device__ __forceinline__ float zero<float>() {
  return 0.0f;
}
template <>
__device__ __forceinline__ float4 zero<float4>() {
  return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
}

template <class Function>
__device__ __forceinline__ float4 map(const Function& function, const float4& a) {
  return make_float4(function(a.x), function(a.y), function(a.z), function(a.w));
}

}  // namespace fusemd::simt
