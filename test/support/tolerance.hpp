// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string>

namespace fusemd::test {

/// How far two values may be apart, and why that much.
struct Tolerance {
  double absolute = 0.0;
  double relative = 0.0;
  std::string why;
};

/// Fails on NaN: the condition is written so that any comparison with NaN is a failure.
inline bool is_close(double actual, double expected, const Tolerance& tolerance) {
  return std::abs(actual - expected) <=
         tolerance.absolute + tolerance.relative * std::abs(expected);
}

}  // namespace fusemd::test
