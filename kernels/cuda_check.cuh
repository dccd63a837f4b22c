// SPDX-License-Identifier: MIT
#pragma once
// Included by .cu files under nvcc and by the CUDA part of host/, nowhere else.

#include <cuda_runtime_api.h>
#include <string>

#include "kernels/device_error.hpp"

namespace fusemd {

/// Throws DeviceError with the failed call's text and place. Also clears the runtime's error, so
/// that the next call does not report this one again.
inline void cuda_check(cudaError_t code, const char* call, const char* file, int line) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();
  DeviceProblem problem = DeviceProblem::failed;
  if (code == cudaErrorMemoryAllocation) problem = DeviceProblem::out_of_memory;
  if (code == cudaErrorInvalidConfiguration || code == cudaErrorLaunchOutOfResources ||
      code == cudaErrorCooperativeLaunchTooLarge) {
    problem = DeviceProblem::launch_refused;
  }
  throw DeviceError(problem, std::string(call) + ": " + cudaGetErrorString(code) + " (" +
                                 cudaGetErrorName(code) + ", " + file + ":" + std::to_string(line) +
                                 ")");
}

}  // namespace fusemd

#define FUSEMD_CUDA(call) ::fusemd::cuda_check((call), #call, __FILE__, __LINE__)
