// SPDX-License-Identifier: MIT
// The kernel cases of test/simt on a GPU: the same text, compiled by nvcc.
//
//   fusemd_gpu_test [NAME]    cases whose name contains NAME, each twice: the second run must leave
//                             the bits of the first
//
// Ends with 77 and says why where there is no usable GPU.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "kernels/devices.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

bool with_deviating_units(const std::function<void()>& /*body*/) { return false; }

int gpu_architecture() {
  static const int found = device::list_devices().devices.at(0).compute_capability;
  return found;
}

}  // namespace fusemd::test

namespace {

using fusemd::test::KernelCase;

constexpr int kSkipped = 77;

void run_twice(const KernelCase& test) {
  test.run();
  const std::uint64_t first = fusemd::test::take_digest();
  test.run();
  if (fusemd::test::take_digest() != first) throw std::runtime_error("other bits at a second run");
}

int run_all(const std::string& part) {
  unsigned good = 0;
  unsigned failed = 0;
  for (const KernelCase& test : fusemd::test::kernel_cases()) {
    if (test.name.find(part) == std::string::npos) continue;
    std::string problem;
    try {
      run_twice(test);
    } catch (const std::exception& error) {
      problem = error.what();
      (void)fusemd::test::take_digest();
    }
    std::printf("%-8s%s\n", problem.empty() ? "ok" : "FAILED", test.name.c_str());
    if (!problem.empty()) std::printf("%s\n", problem.c_str());
    ++(problem.empty() ? good : failed);
  }
  std::printf("%u cases passed on the GPU, %u failed\n", good, failed);
  return failed == 0 && good > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const fusemd::device::DeviceList list = fusemd::device::list_devices();
  std::string problem = list.problem;
  if (problem.empty() &&
      list.devices.front().compute_capability < fusemd::device::kOldestComputeCapability) {
    problem = list.devices.front().name + " is older than sm_" +
              std::to_string(fusemd::device::kOldestComputeCapability) +
              ", the first that kernels are compiled for";
  }
  if (!problem.empty()) {
    std::printf("SKIPPED: %zu cases were not run on a GPU: %s\n",
                fusemd::test::kernel_cases().size(), problem.c_str());
    return kSkipped;
  }
  std::printf("on %s\n", list.devices.front().name.c_str());
  return run_all(count > 1 ? words[1] : "");
}
