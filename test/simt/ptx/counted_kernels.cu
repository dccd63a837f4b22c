// SPDX-License-Identifier: MIT
#include "kernels/simt.cuh"
#include "test/simt/ptx/counted_kernels.hpp"

namespace fusemd::counted {

inline constexpr unsigned kCopyThreads = 128;

__global__ void __launch_bounds__(kCopyThreads) copy_float4_kernel(const float* x, float* y) {
  const unsigned i = 4 * (blockIdx.x * kCopyThreads + threadIdx.x);
  simt::store_vector(y + i, simt::load_vector<float4>(x + i));
}

__global__ void __launch_bounds__(32) transpose_badly_kernel(const float* x, float* y) {
  FUSEMD_SHARED(float, tile, [32][32]);
  const unsigned lane = threadIdx.x;
  for (unsigned i = 0; i < 32; ++i) tile[i][lane] = x[32 * lane + i];
  __syncwarp();
  for (unsigned i = 0; i < 32; ++i) y[32 * i + lane] = tile[lane][i];
}

__global__ void __launch_bounds__(32)
    horner_kernel(const float* coefficients, float* out, unsigned degree) {
  const float x = 1.0f / static_cast<float>(threadIdx.x + 1);
  float sum = coefficients[0];
#pragma unroll 1
  for (unsigned i = 1; i <= degree; ++i) sum = fmaf(sum, x, coefficients[i]);
  out[threadIdx.x] = sum;
}

__global__ void __launch_bounds__(32) triangle_kernel(unsigned* word) {
#pragma unroll 1
  for (unsigned i = 0; i <= threadIdx.x; ++i) atomicAdd(word, 1u);
}

__global__ void __launch_bounds__(64) rounds_of_barriers_kernel(float* out, unsigned rounds) {
  FUSEMD_SHARED(float, values, [64]);
  float value = static_cast<float>(threadIdx.x);
#pragma unroll 1
  for (unsigned i = 0; i < rounds; ++i) {
    values[threadIdx.x] = value;
    __syncthreads();
    value = values[63 - threadIdx.x];
    __syncthreads();
  }
  out[threadIdx.x] = value;
}

__global__ void __launch_bounds__(64) read_twice_kernel(const float* x, float* out) {
  const float first = x[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = first + x[63 - threadIdx.x];
}

void copy_float4(const float* x, float* y, unsigned blocks) {
  simt::launch({.grid = {blocks}, .block = {kCopyThreads}}, nullptr, copy_float4_kernel, x, y);
}
void transpose_badly(const float* x, float* y) {
  simt::launch({.block = {32}}, nullptr, transpose_badly_kernel, x, y);
}
void horner(const float* coefficients, float* out, unsigned degree) {
  simt::launch({.block = {32}}, nullptr, horner_kernel, coefficients, out, degree);
}
void triangle(unsigned* word) { simt::launch({.block = {32}}, nullptr, triangle_kernel, word); }
void rounds_of_barriers(float* out, unsigned rounds) {
  simt::launch({.block = {64}}, nullptr, rounds_of_barriers_kernel, out, rounds);
}
void read_twice(const float* x, float* out) {
  simt::launch({.block = {64}}, nullptr, read_twice_kernel, x, out);
}

}  // namespace fusemd::counted
