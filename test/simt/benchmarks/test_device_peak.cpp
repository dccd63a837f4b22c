// SPDX-License-Identifier: MIT
// benchmarks/device/device_peak.hpp against closed forms.
#include <numeric>
#include <string>
#include <vector>

#include "benchmarks/device/device_peak.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr LaunchShape kShape{.grid = {3}, .block = {64}};
constexpr std::size_t kThreads = 3 * 64;

FUSEMD_KERNEL_CASE("chains of multiply-adds end where their recurrence says") {
  for (const unsigned length : {0u, 1u, 3u}) {
    DeviceArray<float> sums(kThreads);
    benchmarks::fma_chains(sums.span(), 0.5f, 1.0f, length, kShape, nullptr);
    // x = x / 2 + 1 has the fixed point 2: x_n = 2 + (k - 2) / 2^n, and k runs from 0 to 15.
    const float right = 32.0f + (120.0f - 32.0f) / static_cast<float>(1u << length);
    for (const float sum : sums.download()) {
      expect(sum == right, "after " + std::to_string(length) + " steps: " + std::to_string(sum));
    }
  }
}

FUSEMD_KERNEL_CASE("every number is read once a pass") {
  for (const std::size_t vectors : {std::size_t{0}, std::size_t{1}, kThreads, kThreads + 5}) {
    std::vector<float> values(4 * vectors);
    std::iota(values.begin(), values.end(), 1.0f);
    const DeviceArray<float> buffer(values);
    DeviceArray<float> sums(kThreads);
    benchmarks::read_passes(buffer.span(), sums.span(), 3, kShape, nullptr);
    double sum = 0.0;
    for (const float part : sums.download()) sum += static_cast<double>(part);
    const auto n = static_cast<double>(values.size());
    expect(sum == 3.0 * n * (n + 1.0) / 2.0, std::to_string(vectors) + " vectors");
  }
}

}  // namespace
}  // namespace fusemd::test
