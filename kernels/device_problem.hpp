// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd::device {

/// What the CUDA runtime and the driver answer where there is no device to use.
struct DriverAnswer {
  int driver = 0;          ///< newest CUDA the driver knows, 1000 major + 10 minor; 0: no driver
  int runtime = 0;         ///< the CUDA this program was built with, likewise
  bool too_old = false;    ///< the runtime refuses this driver
  bool no_device = false;  ///< the driver is good, and finds nothing
  std::string words;       ///< the runtime's, of any other error
};

/// Why there is no device, as a user can act on it.
inline std::string device_problem(const DriverAnswer& answer) {
  const auto release = [](int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
  };
  if (answer.driver == 0) return "there is no NVIDIA driver on this machine";
  if (answer.too_old) {
    return "the NVIDIA driver is too old: it knows CUDA " + release(answer.driver) +
           ", this fusemd needs " + release(answer.runtime);
  }
  if (answer.no_device) return "the NVIDIA driver finds no GPU";
  return "the NVIDIA driver says: " + answer.words;
}

}  // namespace fusemd::device
