// SPDX-License-Identifier: MIT
#include "host/covalent_radii.hpp"

#include <array>
#include <cstddef>

namespace fusemd {

double covalent_radius(int atomic_number) {
  static constexpr std::array kRadii = {0.31, 0.28,                                      // H, He
                                        1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58,  // Li to Ne
                                        1.66, 1.41, 1.21, 1.11, 1.07, 1.05, 1.02, 1.06,  // Na to Ar
                                        2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32,
                                        1.26, 1.24, 1.32, 1.22,               // K to Zn
                                        1.22, 1.20, 1.19, 1.20, 1.20, 1.16};  // Ga to Kr
  if (atomic_number < 1) return 0.0;
  const auto index = static_cast<std::size_t>(atomic_number) - 1;
  return index < kRadii.size() ? kRadii[index] : 1.5;
}

}  // namespace fusemd
