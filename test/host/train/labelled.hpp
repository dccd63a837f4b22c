// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/structure.hpp"

namespace fusemd::test {

/// Frames of a few rattled molecules, labelled by the shipped model ultra_tiny: data that a network
/// of the same kind can learn. Groups are "water-0", "methane-0", ...: ten frames each.
std::vector<Structure> labelled_frames(std::size_t count, std::uint64_t seed);

/// As extended XYZ, with forces, energy and trajectory=GROUP.
std::string training_text(const std::vector<Structure>& frames);

}  // namespace fusemd::test
