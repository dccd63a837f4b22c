// SPDX-License-Identifier: MIT
// benchmarks/device/device_peak.hpp: what a device can do at best, measured by doing it.
#include "benchmarks/device/device_peak.hpp"
#include "kernels/float4_math.cuh"
#include "kernels/launch_policy.hpp"
#include "kernels/simt.cuh"

namespace fusemd::benchmarks {

// Named, so that the executor finds what nvcc made of them.
namespace device_peak_kernels {

__global__ void __launch_bounds__(kMaxNodeThreads)
    fma_chains_kernel(float* sums, float a, float b, unsigned length) {
  const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  float chain[kFmaChains];
#pragma unroll
  for (unsigned k = 0; k < kFmaChains; ++k) chain[k] = static_cast<float>(k);
  for (unsigned step = 0; step < length; ++step) {
#pragma unroll
    for (unsigned k = 0; k < kFmaChains; ++k) chain[k] = fmaf(chain[k], a, b);
  }
  float sum = 0.0f;
#pragma unroll
  for (unsigned k = 0; k < kFmaChains; ++k) sum += chain[k];
  sums[thread] = sum;
}

__global__ void __launch_bounds__(kMaxNodeThreads)
    read_passes_kernel(const float* values, std::size_t vectors, float* sums, unsigned passes) {
  const std::size_t thread = blockIdx.x * blockDim.x + threadIdx.x;
  const std::size_t threads = std::size_t{gridDim.x} * blockDim.x;
  float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  for (unsigned pass = 0; pass < passes; ++pass) {
    for (std::size_t v = thread; v < vectors; v += threads) {
      const float4 read = simt::load_vector<float4>(values + 4 * v);
      sum.x += read.x;
      sum.y += read.y;
      sum.z += read.z;
      sum.w += read.w;
    }
  }
  sums[thread] = (sum.x + sum.y) + (sum.z + sum.w);
}

}  // namespace device_peak_kernels

void fma_chains(DeviceSpan<float> sums,
                float a,
                float b,
                unsigned length,
                const LaunchShape& shape,
                Stream stream) {
  simt::launch(shape, stream, device_peak_kernels::fma_chains_kernel, sums.data, a, b, length);
}

void read_passes(DeviceSpan<const float> values,
                 DeviceSpan<float> sums,
                 unsigned passes,
                 const LaunchShape& shape,
                 Stream stream) {
  simt::launch(shape, stream, device_peak_kernels::read_passes_kernel, values.data, values.size / 4,
               sums.data, passes);
}

}  // namespace fusemd::benchmarks
