// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "host/elements.hpp"
#include "host/md/sample.hpp"
#include "host/structure.hpp"

namespace fusemd::test {

/// A frame that owns its arrays.
struct OwnedFrame {
  std::vector<int> atomic_numbers;
  std::vector<double> masses;
  std::vector<Vec3> positions, velocities, forces;
  Frame scalars;

  Frame view() const {
    Frame frame = scalars;
    frame.atomic_numbers = atomic_numbers;
    frame.masses = masses;
    frame.positions = positions;
    frame.velocities = velocities;
    frame.forces = forces;
    return frame;
  }
};

/// A real number of any size that may stand in a file: about half of them "ordinary", the others
/// with exponents down to the subnormal range, whole numbers and both zeros.
inline double random_real(std::mt19937_64& random, double largest) {
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  switch (random() % 8) {
    case 0:
      return std::ldexp(unit(random), -static_cast<int>(random() % 1070));
    case 1:
      return std::floor(largest * unit(random));
    case 2:
      return random() % 2 == 0 ? 0.0 : -0.0;
    default:
      return largest * unit(random);
  }
}

inline OwnedFrame random_frame(std::mt19937_64& random, std::size_t n_atoms) {
  const auto vector = [&](double largest) {
    return Vec3{random_real(random, largest), random_real(random, largest),
                random_real(random, largest)};
  };
  OwnedFrame frame;
  for (std::size_t i = 0; i < n_atoms; ++i) {
    frame.atomic_numbers.push_back(
        1 + static_cast<int>(random() % static_cast<unsigned>(element_count())));
    frame.positions.push_back(vector(1e3));
    frame.velocities.push_back(vector(0.1));
    frame.forces.push_back(vector(20.0));
  }
  frame.scalars.step = static_cast<std::int64_t>(random() % 1'000'000'000);
  frame.scalars.time = 0.5 * static_cast<double>(frame.scalars.step);
  frame.scalars.replica = static_cast<int>(random() % 1000);
  frame.scalars.potential_energy = random_real(random, 1e4);
  frame.scalars.kinetic_energy = random_real(random, 10.0);
  frame.scalars.temperature = random_real(random, 500.0);
  return frame;
}

}  // namespace fusemd::test
