// SPDX-License-Identifier: MIT
#include "host/train/new_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "host/train/shuffle.hpp"

namespace fusemd::train {
namespace {

/// Standard normal by Box & Muller.
double normal(RandomStream& random) {
  const double u = 1.0 - random.uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * random.uniform());
}

}  // namespace

StudentConfig config_of_size(const std::string& size) {
  StudentConfig config;
  config.max_z = 100;
  config.cutoff = 5.0;
  config.cutoff_applied_to = CutoffAppliedTo::filter;
  config.vector_mixing = VectorMixing::none;
  config.directional_message = DirectionalMessage::filter_times_source;
  config.norm_epsilon = 0.01;
  if (size == "original") {
    config.hidden_dim = 128;
    config.num_interactions = 3;
    config.num_rbf = 20;
  } else if (size == "tiny") {
    config.hidden_dim = 64;
    config.num_interactions = 2;
    config.num_rbf = 12;
  } else if (size == "ultra_tiny") {
    config.hidden_dim = 32;
    config.num_interactions = 2;
    config.num_rbf = 10;
  } else {
    throw std::invalid_argument("no size of the name " + size);
  }
  return config;
}

Model new_model(const StudentConfig& config, const std::vector<int>& elements, std::uint64_t seed) {
  Model model;
  model.config = config;
  model.elements = elements;
  RandomStream random(seed, kWeightStream);
  for (const auto& [name, shape] : student_tensor_shapes(config)) {
    Tensor& tensor = model.tensors[name];
    tensor.shape = shape;
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    tensor.values.assign(count, 0.0F);
    if (name == "embedding.weight") {
      for (const int z : elements) {
        for (std::size_t c = 0; c < shape[1]; ++c) {
          tensor.values[static_cast<std::size_t>(z) * shape[1] + c] =
              static_cast<float>(normal(random));
        }
      }
    } else if (name == "rbf.centers") {
      for (std::size_t k = 0; k < count; ++k) {
        const double last = std::max(1.0, static_cast<double>(count) - 1.0);
        tensor.values[k] = static_cast<float>(config.cutoff * static_cast<double>(k) / last);
      }
    } else if (name == "rbf.widths") {
      std::ranges::fill(tensor.values,
                        static_cast<float>(config.cutoff / static_cast<double>(count)));
    } else if (name.ends_with(".weight")) {
      const double bound = std::sqrt(6.0 / static_cast<double>(shape[0] + shape[1]));
      for (float& value : tensor.values) {
        value = static_cast<float>(bound * (2.0 * random.uniform() - 1.0));
      }
    }
  }
  for (const TensorRows& rows : dead_rows(config)) {
    Tensor& tensor = model.tensors.at(rows.tensor);
    const std::size_t width = tensor.shape.size() > 1 ? tensor.shape[1] : 1;
    std::fill(tensor.values.begin() + static_cast<std::ptrdiff_t>(rows.begin * width),
              tensor.values.begin() + static_cast<std::ptrdiff_t>(rows.end * width), 0.0F);
  }
  return model;
}

}  // namespace fusemd::train
