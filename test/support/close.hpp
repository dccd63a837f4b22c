// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "host/vec3.hpp"
#include "test/support/catch.hpp"
#include "test/support/tolerance.hpp"

namespace fusemd::test {

inline void require_close(double actual, double expected, const Tolerance& tolerance) {
  INFO("actual " << actual << ", expected " << expected << ", difference " << actual - expected
                 << "; tolerance: " << tolerance.why);
  REQUIRE(is_close(actual, expected, tolerance));
}

/// Largest difference of any component; NaN if any component of either is NaN.
inline double max_difference(std::span<const Vec3> a, std::span<const Vec3> b) {
  if (a.size() != b.size()) return std::nan("");
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const double d : {a[i].x - b[i].x, a[i].y - b[i].y, a[i].z - b[i].z}) {
      if (!(std::abs(d) <= worst)) worst = std::abs(d);
      if (std::isnan(d)) return d;
    }
  }
  return worst;
}

}  // namespace fusemd::test
