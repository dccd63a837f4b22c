// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd::train {

/// Hyper-parameters of the sizes that have names: original, tiny, ultra_tiny.
///
/// Errors   std::invalid_argument for another name.
StudentConfig config_of_size(const std::string& size);

/// An untrained model: embeddings of the elements from the standard normal distribution, weights
/// uniform within sqrt(6 / (in + out)) (Glorot & Bengio, AISTATS 2010, eq. 16), biases, dead
/// parameters and rows of other elements 0; Gaussians evenly spaced on [0, cutoff], cutoff / R
/// wide.
///
/// Result   a function of its arguments alone.
Model new_model(const StudentConfig& config, const std::vector<int>& elements, std::uint64_t seed);

}  // namespace fusemd::train
