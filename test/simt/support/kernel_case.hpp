// SPDX-License-Identifier: MIT
#pragma once
// A kernel case prepares inputs, launches, and compares the result with something computed another
// way. One text serves every run: in order and under shuffled schedules, plain, with sanitizers,
// with the checker, with each barrier cut in turn, and on a GPU. It knows nothing of the executor.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "test/support/tolerance.hpp"

namespace fusemd::test {

struct KernelCase {
  std::string name;
  std::function<void()> run;
};

/// All cases of the program, in the order of registration.
[[nodiscard]] std::vector<KernelCase>& kernel_cases();

/// Thrown by a case whose result is wrong. Not a Catch assertion: when a barrier is cut, a wrong
/// value is an answer and no failure.
class WrongValue : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void expect(bool condition, const std::string& what) {
  if (!condition) throw WrongValue(what);
}

/// NaN fails. `what` names the array in the message.
void expect_close(double actual,
                  double expected,
                  const Tolerance& tolerance,
                  const std::string& what);

template <class Actual, class Expected>
void expect_all_close(const std::vector<Actual>& actual,
                      const std::vector<Expected>& expected,
                      const Tolerance& tolerance,
                      const std::string& what) {
  expect(actual.size() == expected.size(), what + " has another size than expected");
  for (std::size_t i = 0; i < actual.size(); ++i) {
    expect_close(static_cast<double>(actual[i]), static_cast<double>(expected[i]), tolerance,
                 what + "[" + std::to_string(i) + "]");
  }
}

/// Records bytes that every run of the case must give alike, whatever the schedule.
void same_bytes(const void* bytes, std::size_t count);

template <class T>
void same_bits(const std::vector<T>& values) {
  same_bytes(values.data(), values.size() * sizeof(T));
}

/// Runs the body with the approximate instructions of kernels/fast_math.cuh off by up to their
/// bounds, where that can be chosen; says whether it could.
bool with_deviating_units(const std::function<void()>& body);

/// What the GPU is, 10 major + minor: the FUSEMD_KERNEL_ARCHITECTURE of the program that runs cases
/// on one (test/gpu/gpu_main.cpp), and of no other.
[[nodiscard]] int gpu_architecture();

/// Forgets what was recorded and returns its digest; for the programs that run cases.
[[nodiscard]] std::uint64_t take_digest();

/// A static object of this type registers a case; the macro below makes one. A loop over sizes
/// registers its cases by kernel_cases().push_back in a static initialiser.
struct RegisterKernelCase {
  RegisterKernelCase(std::string name, std::function<void()> run) {
    kernel_cases().push_back({std::move(name), std::move(run)});
  }
};

}  // namespace fusemd::test

#define FUSEMD_JOIN_(a, b) a##b
#define FUSEMD_JOIN(a, b) FUSEMD_JOIN_(a, b)

/// FUSEMD_KERNEL_CASE("block_sum of 10007 values") { ... }
#define FUSEMD_KERNEL_CASE(name)                                                         \
  static void FUSEMD_JOIN(kernel_case_, __LINE__)();                                     \
  static const ::fusemd::test::RegisterKernelCase FUSEMD_JOIN(register_case_, __LINE__)( \
      name, FUSEMD_JOIN(kernel_case_, __LINE__));                                        \
  static void FUSEMD_JOIN(kernel_case_, __LINE__)()
