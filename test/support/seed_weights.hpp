// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd::test {

/// Reads a seed checkpoint (layout `mlff-student-weights-v1`, `reference/weights/*.json`) with the
/// seed's switches: rbf, matrix, filter, norm_epsilon 0. Elements are those of the seed's own data
/// report (H C N O F P S Cl Ho); there are no reference energies.
Model read_seed_weights(const std::filesystem::path& path);

/// Reads one of `seedlings/*.json`, whose layout differs from both.
Model read_seedling(const std::filesystem::path& path);

/// Base64 to float32, written apart from weights/base64 so that one can check the other.
std::vector<float> floats_from_base64(const std::string& text);

}  // namespace fusemd::test
