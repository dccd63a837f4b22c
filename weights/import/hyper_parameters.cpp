// SPDX-License-Identifier: MIT
#include "weights/import/hyper_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/model_check.hpp"
#include "weights/model_keys.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

std::string number_text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// Sizes above every bound become one that check_config() refuses, whatever they were.
int as_int(std::size_t extent) {
  return static_cast<int>(std::min<std::size_t>(extent, 1'000'000'000));
}

const StoredTensor& tensor_of_axes(const MatchedTensors& matched,
                                   const std::string& name,
                                   std::size_t axes) {
  const auto found = matched.tensors.find(name);
  if (found == matched.tensors.end()) {
    throw InputError(
        {.key = matched.prefix + name,
         .problem = "missing",
         .expected = "a tensor of " + std::to_string(axes) + " axes",
         .found = std::to_string(matched.tensors.size()) + " other tensors of the model"});
  }
  const StoredTensor& tensor = *found->second;
  if (tensor.shape.size() != axes) {
    throw InputError({.key = printable_key(tensor.name),
                      .problem = "wrong number of axes",
                      .expected = std::to_string(axes),
                      .found = "shape " + shape_text(tensor.shape)});
  }
  return tensor;
}

int count_layers(const MatchedTensors& matched) {
  int layers = 0;
  for (const auto& [name, tensor] : matched.tensors) {
    constexpr std::string_view head = "interactions.";
    if (!name.starts_with(head)) continue;
    int layer = 0;
    std::from_chars(name.data() + head.size(), name.data() + name.size(), layer);
    layers = std::max(layers, layer + 1);
  }
  return layers;
}

void cross_check(const Metadata& metadata, const char* key, int from_shapes) {
  const auto stated = metadata.numbers.find(key);
  if (stated == metadata.numbers.end() || stated->second == from_shapes) return;
  throw InputError({.key = key,
                    .problem = "the checkpoint contradicts itself",
                    .expected = std::to_string(from_shapes) + ", which follows from the tensors",
                    .found = number_text(stated->second) + " in its metadata",
                    .hint = "tensors and metadata are of different models"});
}

/// The decimal number that someone wrote for this float32: 4.2 and not 4.19999980926513671875.
double as_written(float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  double result = 0.0;
  std::from_chars(buffer, end, result);
  return result;
}

std::optional<double> last_center(const MatchedTensors& matched) {
  const auto found = matched.tensors.find("rbf.centers");
  if (found == matched.tensors.end()) return {};
  StoredTensor last = *found->second;
  if (last.shape.size() != 1 || last.shape[0] == 0 || last.type == ElementType::other) return {};
  last.offset += (last.shape[0] - 1) * last.strides[0];
  last.shape = {1};
  return as_written(to_float32(last).values.front());
}

void find_cutoff(const MatchedTensors& matched,
                 const Metadata& metadata,
                 const Choices& choices,
                 InferredConfig& result) {
  const std::optional<double> basis = last_center(matched);
  const auto stated = metadata.numbers.find("cutoff");
  const bool is_stated = stated != metadata.numbers.end();
  const auto differ = [](double a, double b) { return !(std::abs(a - b) <= 1e-6 * std::abs(b)); };
  if (choices.cutoff) {
    result.config.cutoff = *choices.cutoff;
    result.cutoff_source = "--cutoff";
    if (basis && differ(*basis, *choices.cutoff)) {
      result.warnings.push_back("the radial basis ends at " + number_text(*basis) +
                                " Angstrom, not at the cutoff");
    }
    return;
  }
  if (is_stated && basis && differ(*basis, stated->second)) {
    throw InputError({.key = "cutoff",
                      .problem = "the checkpoint contradicts itself",
                      .expected = number_text(*basis) + ", where the radial basis ends",
                      .found = number_text(stated->second) + " in its metadata",
                      .hint = "--cutoff says which one holds"});
  }
  if (!is_stated && !basis) {
    throw InputError({.key = "cutoff",
                      .problem = "not in the checkpoint",
                      .expected = "rbf.centers, or a number 'cutoff' beside the tensors",
                      .found = "neither",
                      .hint = "name it: --cutoff 5"});
  }
  result.config.cutoff = is_stated ? stated->second : *basis;
  result.cutoff_source = is_stated ? "metadata" : "rbf.centers";
}

template <typename Enum>
void find_switch(const Metadata& metadata,
                 const char* key,
                 std::span<const std::string_view> words,
                 const std::optional<Enum>& choice,
                 Enum& value,
                 bool& from_metadata) {
  if (const auto stated = metadata.words.find(key); stated != metadata.words.end()) {
    const auto at = std::find(words.begin(), words.end(), stated->second);
    if (at == words.end()) {
      throw InputError({.key = key,
                        .problem = "an unknown value in the metadata",
                        .expected = std::string(words[0]) + " or " + std::string(words[1]),
                        .found = in_quotes(stated->second)});
    }
    value = static_cast<Enum>(at - words.begin());
    from_metadata = true;
  }
  if (choice) value = *choice;
}

void find_switches(const Metadata& metadata, const Choices& choices, InferredConfig& result) {
  StudentConfig& config = result.config;
  bool from_metadata = false;
  find_switch(metadata, "cutoff_applied_to", model_keys::kCutoffAppliedTo,
              choices.cutoff_applied_to, config.cutoff_applied_to, from_metadata);
  find_switch(metadata, "vector_mixing", model_keys::kVectorMixing, choices.vector_mixing,
              config.vector_mixing, from_metadata);
  find_switch(metadata, "directional_message", model_keys::kDirectionalMessage,
              choices.directional_message, config.directional_message, from_metadata);
  if (const auto stated = metadata.numbers.find("norm_epsilon"); stated != metadata.numbers.end()) {
    config.norm_epsilon = stated->second;
    from_metadata = true;
  }
  if (choices.norm_epsilon) config.norm_epsilon = *choices.norm_epsilon;
  const bool chosen = choices.cutoff_applied_to || choices.vector_mixing ||
                      choices.directional_message || choices.norm_epsilon;
  result.switches_source = chosen          ? "as chosen"
                           : from_metadata ? "from the checkpoint's metadata"
                                           : "the seed's, because the checkpoint names none";
}

}  // namespace

InferredConfig infer_config(const MatchedTensors& matched,
                            const Metadata& metadata,
                            const Choices& choices) {
  InferredConfig result;
  StudentConfig& config = result.config;
  const StoredTensor& embedding = tensor_of_axes(matched, "embedding.weight", 2);
  config.max_z = as_int(embedding.shape[0]) - 1;
  config.hidden_dim = as_int(embedding.shape[1]);
  config.num_interactions = count_layers(matched);
  config.num_rbf =
      as_int(tensor_of_axes(matched, "interactions.0.message.rbf_to_scalar.0.weight", 2).shape[1]);
  cross_check(metadata, "hidden_dim", config.hidden_dim);
  cross_check(metadata, "num_interactions", config.num_interactions);
  cross_check(metadata, "num_rbf", config.num_rbf);
  cross_check(metadata, "max_z", config.max_z);
  find_cutoff(matched, metadata, choices, result);
  find_switches(metadata, choices, result);
  check_config(config);
  return result;
}

RadialBasisTensors default_radial_basis(int num_rbf, double cutoff) {
  const auto end = static_cast<float>(cutoff);
  RadialBasisTensors basis;
  const float step = num_rbf > 1 ? end / static_cast<float>(num_rbf - 1) : 0.0F;
  for (int k = 0; k < num_rbf; ++k) {
    const float from_start = step * static_cast<float>(k);
    const float from_end = end - step * static_cast<float>(num_rbf - 1 - k);
    basis.centers.push_back(k < num_rbf / 2 ? from_start : num_rbf > 1 ? from_end : 0.0F);
    basis.widths.push_back(static_cast<float>(cutoff / num_rbf));
  }
  return basis;
}

}  // namespace fusemd::checkpoint
