// SPDX-License-Identifier: MIT
#include "test/simt/support/kernel_case.hpp"

#include <cstdio>
#include <utility>

namespace fusemd::test {

std::vector<KernelCase>& kernel_cases() {
  static std::vector<KernelCase> cases;
  return cases;
}

void expect_close(double actual,
                  double expected,
                  const Tolerance& tolerance,
                  const std::string& what) {
  if (is_close(actual, expected, tolerance)) return;
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, " is %.9g, expected %.9g, difference %.3g", actual,
                expected, actual - expected);
  throw WrongValue(what + numbers + "; tolerance: " + tolerance.why);
}

namespace {

// FNV-1a, 64 bits.
constexpr std::uint64_t kStart = 0xcbf29ce484222325u;
constexpr std::uint64_t kFactor = 0x100000001b3u;
std::uint64_t digest = kStart;

}  // namespace

void same_bytes(const void* bytes, std::size_t count) {
  const auto* next = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; ++i) digest = (digest ^ next[i]) * kFactor;
}

std::uint64_t take_digest() { return std::exchange(digest, kStart); }

}  // namespace fusemd::test
