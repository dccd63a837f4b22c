// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace fusemd {

/// What went wrong on a device, in the classes that a caller treats differently.
enum class DeviceProblem {
  unavailable,     ///< no such device, or it cannot be used here
  out_of_memory,   ///< fewer replicas or atoms may help
  launch_refused,  ///< the shape does not fit the device (shared memory, threads, resident blocks)
  failed,          ///< anything else; the device's state is lost
};

/// Thrown when a device is chosen, and by device memory and launches, on a GPU
/// (kernels/cuda_check.cuh) and under the executor. Exit code 4.
class DeviceError : public std::runtime_error {
 public:
  DeviceError(DeviceProblem problem, const std::string& text)
      : std::runtime_error(text), problem_(problem) {}
  [[nodiscard]] DeviceProblem problem() const { return problem_; }

 private:
  DeviceProblem problem_;
};

}  // namespace fusemd
