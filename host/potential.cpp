// SPDX-License-Identifier: MIT
#include "host/potential.hpp"

#include <algorithm>
#include <limits>

namespace fusemd {

double not_finite(std::span<Vec3> forces, Virial* virial) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::ranges::fill(forces, Vec3{nan, nan, nan});
  if (virial != nullptr) virial->fill(nan);
  return nan;
}

}  // namespace fusemd
