// SPDX-License-Identifier: MIT
// kernels/devices.hpp on the CUDA runtime. No kernels, hence no cost model.
#include "kernels/cuda_check.cuh"
#include "kernels/devices.hpp"

namespace fusemd::device {
namespace {

std::string release_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string reason(cudaError_t code) {
  (void)cudaGetLastError();
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    return "there is no NVIDIA driver on this machine";
  }
  if (code == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver is too old: it knows CUDA " + release_text(driver) +
           ", this fusemd needs " + release_text(CUDART_VERSION);
  }
  if (code == cudaErrorNoDevice) return "the NVIDIA driver finds no GPU";
  return std::string("the NVIDIA driver says: ") + cudaGetErrorString(code);
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
