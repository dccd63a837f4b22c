// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fusemd::device {

struct DeviceInfo {
  std::string name;
  int compute_capability = 0;  ///< 10 major + minor
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
  // 0 where the driver does not say.
  double clock_hz = 0.0;     ///< of multiprocessors, at most
  double bandwidth = 0.0;    ///< of device memory, bytes/s
  std::size_t l2_bytes = 0;  ///< of the L2 cache
};

/// The devices in the order of their numbers, or why there are none.
struct DeviceList {
  std::vector<DeviceInfo> devices;
  std::string problem;  ///< empty if there is a device
};

/// Asks the driver. Does not throw: a machine without a GPU is no error.
[[nodiscard]] DeviceList list_devices();

/// Makes the calling thread use this device from here on.
/// Errors   DeviceError: the device cannot be used.
void use_device(int number);

/// The oldest devices that kernels are compiled for.
inline constexpr int kOldestComputeCapability = 75;

}  // namespace fusemd::device
