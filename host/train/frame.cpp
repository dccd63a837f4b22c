// SPDX-License-Identifier: MIT
#include "host/train/frame.hpp"

#include <algorithm>

namespace fusemd::train {

Frame make_frame(const Structure& structure,
                 const ParameterLayout& layout,
                 const std::map<int, double>& reference_energies) {
  Frame frame;
  const std::size_t n = structure.size();
  frame.positions = structure.positions;
  frame.energy = structure.energy.value();
  frame.species.reserve(n);
  frame.forces.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const int z = structure.atomic_numbers[i];
    const auto at = std::ranges::lower_bound(layout.elements, z);
    frame.species.push_back(static_cast<std::uint16_t>(at - layout.elements.begin()));
    const auto reference = reference_energies.find(z);
    if (reference != reference_energies.end()) frame.energy -= reference->second;
    const Vec3& f = structure.forces.value()[i];
    frame.forces.push_back(
        {static_cast<float>(f.x), static_cast<float>(f.y), static_cast<float>(f.z)});
  }
  frame.pair_begin.push_back(0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (norm(frame.positions[j] - frame.positions[i]) <= layout.config.cutoff) {
        frame.pair_j.push_back(static_cast<std::uint32_t>(j));
      }
    }
    frame.pair_begin.push_back(static_cast<std::uint32_t>(frame.pair_j.size()));
  }
  frame.pair_j.shrink_to_fit();
  return frame;
}

}  // namespace fusemd::train
