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
                            .memory_bytes = properties.totalGlobalMem});
  }
  return list;
}

void use_device(int number) { FUSEMD_CUDA(cudaSetDevice(number)); }

}  // namespace fusemd::device
