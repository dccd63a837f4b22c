// SPDX-License-Identifier: MIT
// kernels/devices.hpp for a fusemd whose machine is what FUSEMD_STATED_DEVICES says: "none", "old
// VERSION", "empty", "error WORDS" (what the driver answers), or "CAPABILITY NAME" of one device.
#include <cstdlib>
#include <sstream>
#include <string>

#include "kernels/device_error.hpp"
#include "kernels/device_problem.hpp"
#include "kernels/devices.hpp"

namespace fusemd::device {
namespace {

constexpr int kGoodDriver = 13000;

}  // namespace

DeviceList list_devices() {
  const char* stated = std::getenv("FUSEMD_STATED_DEVICES");
  std::istringstream words(stated == nullptr ? "none" : stated);
  std::string kind, rest;
  words >> kind >> std::ws;
  std::getline(words, rest);
  DriverAnswer answer{.driver = kGoodDriver, .runtime = kGoodDriver};
  if (kind == "none") {
    answer.driver = 0;
    answer.too_old = true;  // what the runtime says where there is no driver at all
  } else if (kind == "old") {
    answer.driver = std::stoi(rest);
    answer.too_old = true;
  } else if (kind == "empty") {
    answer.no_device = true;
  } else if (kind == "error") {
    answer.words = rest;
  } else {
    return {.devices = {{.name = rest,
                         .compute_capability = std::stoi(kind),
                         .multiprocessors = 80,
                         .memory_bytes = 16'000'000'000}},
            .problem = {}};
  }
  return {.devices = {}, .problem = device_problem(answer)};
}

void use_device(int /*number*/) {
  throw DeviceError(DeviceProblem::unavailable, "a stated device computes nothing");
}

}  // namespace fusemd::device
