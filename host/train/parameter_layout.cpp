// SPDX-License-Identifier: MIT
#include "host/train/parameter_layout.hpp"

#include <algorithm>
#include <utility>

#include "weights/error.hpp"

namespace fusemd::train {
namespace {

void require_supported(const StudentConfig& config) {
  const auto refuse = [](const std::string& key, const std::string& expected) {
    throw InputError({.key = "config." + key,
                      .problem = "training does not know this variant of the architecture",
                      .expected = expected,
                      .hint = "a new model has these settings; a seed checkpoint with others can "
                              "be run, but not trained on"});
  };
  if (config.cutoff_applied_to != CutoffAppliedTo::filter) refuse("cutoff_applied_to", "filter");
  if (config.vector_mixing != VectorMixing::none) refuse("vector_mixing", "none");
  if (config.directional_message != DirectionalMessage::filter_times_source) {
    refuse("directional_message", "filter_times_source");
  }
  // The reverse pass divides by the norms twice.
  if (!(config.norm_epsilon > 0.0)) refuse("norm_epsilon", "a number > 0 (0.01 in new models)");
}

/// Calls visit(tensor element, flat element) for every parameter.
template <class Visit>
void for_each(const ParameterLayout& layout, const Model& model, const Visit& visit) {
  for (const ParameterBlock& block : layout.blocks) {
    const Tensor& tensor = model.tensors.at(block.tensor);
    const std::size_t width = tensor.shape.size() > 1 ? tensor.shape[1] : 1;
    for (std::size_t r = 0; r < block.rows; ++r) {
      for (std::size_t c = 0; c < block.columns; ++c) {
        visit(block.tensor, (block.first_row + r) * width + block.first_column + c,
              block.offset + r * block.row_stride + c * block.column_stride);
      }
    }
  }
}

}  // namespace

ParameterLayout::ParameterLayout(const StudentConfig& shape, std::vector<int> numbers)
    : config(shape),
      elements(std::move(numbers)),
      hidden(padded(static_cast<std::size_t>(shape.hidden_dim))),
      n_rbf(static_cast<std::size_t>(shape.num_rbf)),
      n_layers(static_cast<std::size_t>(shape.num_interactions)) {
  require_supported(config);
  const auto h = static_cast<std::size_t>(config.hidden_dim);
  embedding = reserve(elements.size() * hidden);
  for (std::size_t e = 0; e < elements.size(); ++e) {
    add_block({"embedding.weight", static_cast<std::size_t>(elements[e]), 1, 0, h,
               embedding + e * hidden, hidden, 1});
  }
  for (std::size_t layer = 0; layer < n_layers; ++layer) add_layer(layer);
  add_head();
  find_padding();
}

std::size_t ParameterLayout::reserve(std::size_t count) {
  const std::size_t offset = size;
  size += padded(count);
  return offset;
}

DenseSlot ParameterLayout::dense(std::size_t out, std::size_t in) {
  const std::size_t weight = reserve(padded(out) * padded(in));
  return {weight, reserve(out), padded(out), padded(in)};
}

void ParameterLayout::add_block(ParameterBlock block) {
  live += block.rows * block.columns;
  blocks.push_back(std::move(block));
}

void ParameterLayout::add_bias(const std::string& tensor,
                               std::size_t first,
                               std::size_t count,
                               std::size_t offset) {
  add_block({tensor, first, count, 0, 1, offset, 1, 1});
}

void ParameterLayout::add_layer(std::size_t layer) {
  const auto h = static_cast<std::size_t>(config.hidden_dim);
  const std::string prefix = "interactions." + std::to_string(layer) + ".";
  const std::string filter = prefix + "message.rbf_to_scalar.",
                    update = prefix + "update.update_mlp.";
  LayerSlots slots;
  slots.basis_weight = reserve(n_rbf * hidden);
  slots.basis_bias = reserve(hidden);
  add_block({filter + "0.weight", 0, h, 0, n_rbf, slots.basis_weight, 1, hidden});
  add_bias(filter + "0.bias", 0, h, slots.basis_bias);

  // f^1 stands last, because the first layer has none.
  const std::vector<std::size_t> filters =
      layer == 0 ? std::vector<std::size_t>{0, 2} : std::vector<std::size_t>{0, 2, 1};
  slots.filter = dense(filters.size() * hidden, hidden);
  for (std::size_t b = 0; b < filters.size(); ++b) {
    add_block({filter + "2.weight", filters[b] * h, h, 0, h,
               slots.filter.weight + b * hidden * hidden, hidden, 1});
    add_bias(filter + "2.bias", filters[b] * h, h, slots.filter.bias + b * hidden);
  }

  slots.update_in = dense(hidden, 2 * hidden);
  for (std::size_t b = 0; b < 2; ++b) {
    add_block(
        {update + "0.weight", 0, h, b * h, h, slots.update_in.weight + b * hidden, 2 * hidden, 1});
  }
  add_bias(update + "0.bias", 0, h, slots.update_in.bias);

  const std::size_t gates = layer + 1 == n_layers ? 1 : 2;
  slots.update_out = dense(gates * hidden, hidden);
  for (std::size_t b = 0; b < gates; ++b) {
    add_block({update + "2.weight", b * h, h, 0, h, slots.update_out.weight + b * hidden * hidden,
               hidden, 1});
    add_bias(update + "2.bias", b * h, h, slots.update_out.bias + b * hidden);
  }
  layers.push_back(slots);
}

void ParameterLayout::add_head() {
  const auto h = static_cast<std::size_t>(config.hidden_dim);
  head_1 = dense(h / 2, hidden);
  add_block({"energy_head.0.weight", 0, h / 2, 0, h, head_1.weight, head_1.in, 1});
  add_bias("energy_head.0.bias", 0, h / 2, head_1.bias);
  head_2 = dense(h / 4, head_1.out);
  add_block({"energy_head.2.weight", 0, h / 4, 0, h / 2, head_2.weight, head_2.in, 1});
  add_bias("energy_head.2.bias", 0, h / 4, head_2.bias);
  head_3 = reserve(head_2.out);
  add_block({"energy_head.4.weight", 0, 1, 0, h / 4, head_3, head_2.out, 1});
  head_bias = reserve(1);
  add_bias("energy_head.4.bias", 0, 1, head_bias);
}

void ParameterLayout::find_padding() {
  std::vector<bool> used(size, false);
  for (const ParameterBlock& block : blocks) {
    for (std::size_t r = 0; r < block.rows; ++r) {
      for (std::size_t c = 0; c < block.columns; ++c) {
        used[block.offset + r * block.row_stride + c * block.column_stride] = true;
      }
    }
  }
  for (std::size_t begin = 0; begin < size;) {
    std::size_t end = begin;
    while (end < size && used[end] == used[begin]) ++end;
    if (!used[begin]) padding.push_back({begin, end});
    begin = end;
  }
}

template <class T>
void ParameterLayout::gather(const Model& model, std::span<T> flat) const {
  std::ranges::fill(flat, T(0));
  for_each(*this, model, [&](const std::string& tensor, std::size_t from, std::size_t to) {
    flat[to] = static_cast<T>(model.tensors.at(tensor).values[from]);
  });
}

template <class T>
void ParameterLayout::scatter(std::span<const T> flat, Model& model) const {
  for_each(*this, model, [&](const std::string& tensor, std::size_t to, std::size_t from) {
    model.tensors.at(tensor).values[to] = static_cast<float>(flat[from]);
  });
}

template void ParameterLayout::gather(const Model&, std::span<float>) const;
template void ParameterLayout::gather(const Model&, std::span<double>) const;
template void ParameterLayout::scatter(std::span<const float>, Model&) const;
template void ParameterLayout::scatter(std::span<const double>, Model&) const;

}  // namespace fusemd::train
