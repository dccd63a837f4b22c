// SPDX-License-Identifier: MIT
// kernels/devices.hpp on the CUDA runtime. No kernels, hence no cost model.
#include "kernels/cuda_check.cuh"
#include "kernels/device_problem.hpp"
#include "kernels/devices.hpp"

namespace fusemd::device {
namespace {

std::string reason(cudaError_t code) {
  (void)cudaGetLastError();
  DriverAnswer answer{.runtime = CUDART_VERSION,
                      .too_old = code == cudaErrorInsufficientDriver,
                      .no_device = code == cudaErrorNoDevice,
                      .words = cudaGetErrorString(code)};
  if (cudaDriverGetVersion(&answer.driver) != cudaSuccess) answer.driver = 0;
  return device_problem(answer);
}

/// 0 if the driver does not say.
int attribute(cudaDeviceAttr which, int number) {
  int value = 0;
  if (cudaDeviceGetAttribute(&value, which, number) == cudaSuccess) return value;
  (void)cudaGetLastError();
  return 0;
}

/// Bytes/s: two transfers a clock of the memory, whose bus is given in bits.
double bandwidth(int number) {
  constexpr double kHzPerKHz = 1e3;
  return 2.0 * kHzPerKHz * attribute(cudaDevAttrMemoryClockRate, number) *
         attribute(cudaDevAttrGlobalMemoryBusWidth, number) / 8.0;
}

}  // namespace

DeviceList list_devices() {
  DeviceList list;
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess || count == 0) {
    list.problem = reason(code == cudaSuccess ? cudaErrorNoDevice : code);
    return list;
  }
  for (int number = 0; number < count; ++number) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, number) != cudaSuccess) {
      (void)cudaGetLastError();
      properties = {};
    }
    list.devices.push_back({.name = properties.name,
                            .compute_capability = 10 * properties.major + properties.minor,
                            .multiprocessors = properties.multiProcessorCount,
                            .memory_bytes = properties.totalGlobalMem,
                            .clock_hz = 1e3 * attribute(cudaDevAttrClockRate, number),
                            .bandwidth = bandwidth(number),
                            .l2_bytes = static_cast<std::size_t>(properties.l2CacheSize)});
  }
  return list;
}

void use_device(int number) { FUSEMD_CUDA(cudaSetDevice(number)); }

}  // namespace fusemd::device
