// SPDX-License-Identifier: MIT
#include "weights/model.hpp"

#include <functional>
#include <numeric>

namespace fusemd {
namespace {

std::size_t size(int value) { return static_cast<std::size_t>(value); }

std::string layer_name(int layer, const char* rest) {
  return "interactions." + std::to_string(layer) + '.' + rest;
}

}  // namespace

std::map<std::string, std::vector<std::size_t>> student_tensor_shapes(const StudentConfig& config) {
  const std::size_t h = size(config.hidden_dim), r = size(config.num_rbf);
  std::map<std::string, std::vector<std::size_t>> shapes = {
      {"embedding.weight", {size(config.max_z) + 1, h}},
      {"rbf.centers", {r}},
      {"rbf.widths", {r}},
      {"energy_head.0.weight", {h / 2, h}},
      {"energy_head.0.bias", {h / 2}},
      {"energy_head.2.weight", {h / 4, h / 2}},
      {"energy_head.2.bias", {h / 4}},
      {"energy_head.4.weight", {1, h / 4}},
      {"energy_head.4.bias", {1}},
  };
  for (int layer = 0; layer < config.num_interactions; ++layer) {
    shapes[layer_name(layer, "message.rbf_to_scalar.0.weight")] = {h, r};
    shapes[layer_name(layer, "message.rbf_to_scalar.0.bias")] = {h};
    shapes[layer_name(layer, "message.rbf_to_scalar.2.weight")] = {3 * h, h};
    shapes[layer_name(layer, "message.rbf_to_scalar.2.bias")] = {3 * h};
    shapes[layer_name(layer, "update.mixing_matrix")] = {3, 3};
    shapes[layer_name(layer, "update.update_mlp.0.weight")] = {h, 2 * h};
    shapes[layer_name(layer, "update.update_mlp.0.bias")] = {h};
    shapes[layer_name(layer, "update.update_mlp.2.weight")] = {3 * h, h};
    shapes[layer_name(layer, "update.update_mlp.2.bias")] = {3 * h};
  }
  return shapes;
}

std::vector<TensorRows> dead_rows(const StudentConfig& config) {
  const std::size_t h = size(config.hidden_dim);
  const int last = config.num_interactions - 1;
  const bool mixes = config.vector_mixing == VectorMixing::matrix;
  std::vector<TensorRows> rows;
  const auto add = [&](int layer, const std::string& linear, std::size_t begin, std::size_t end) {
    rows.push_back({layer_name(layer, (linear + ".weight").c_str()), begin, end});
    rows.push_back({layer_name(layer, (linear + ".bias").c_str()), begin, end});
  };

  // Rows [h, 2h) of the first filter multiply vector features that are still zero.
  add(0, "message.rbf_to_scalar.2", h, 2 * h);
  for (int layer = 0; layer <= last; ++layer) {
    // Rows [h, 2h) and [2h, 3h) of an update scale the old and the mixed vector features: nothing
    // reads those after the last layer, and without mixing there are no mixed ones.
    const std::size_t first = layer == last ? h : 2 * h;
    if (layer == last || !mixes) {
      add(layer, "update.update_mlp.2", first, 3 * h);
      rows.push_back({layer_name(layer, "update.mixing_matrix"), 0, 3});
    }
  }
  return rows;
}

ParameterCount count_parameters(const StudentConfig& config) {
  const auto shapes = student_tensor_shapes(config);
  const auto product = [](auto begin, auto end) {
    return std::accumulate(begin, end, std::size_t{1}, std::multiplies<>());
  };
  ParameterCount count;
  for (const auto& [name, shape] : shapes) {
    const bool is_buffer = name.starts_with("rbf.");
    if (!is_buffer) count.total += product(shape.begin(), shape.end());
  }
  for (const TensorRows& rows : dead_rows(config)) {
    const auto& shape = shapes.at(rows.tensor);
    count.dead += (rows.end - rows.begin) * product(shape.begin() + 1, shape.end());
  }
  return count;
}

}  // namespace fusemd
