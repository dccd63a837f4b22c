// SPDX-License-Identifier: MIT
// kernels/devices.hpp for the executor: one imitated device.
#include "kernels/devices.hpp"

#include "kernels/device_error.hpp"
#include "test/simt/executor/executor.hpp"

namespace fusemd::device {

DeviceList list_devices() {
  // What the executor imitates is at home on Ampere: cp.async and tensor cores.
  return {.devices = {{.name = "executor",
                       .compute_capability = 80,
                       .multiprocessors = 1,
                       .memory_bytes = executor::config().device.memory_bytes}},
          .problem = {}};
}

void use_device(int number) {
  if (number != 0) {
    throw DeviceError(DeviceProblem::unavailable,
                      "the executor has no device " + std::to_string(number));
  }
}

}  // namespace fusemd::device
