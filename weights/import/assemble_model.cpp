// SPDX-License-Identifier: MIT
#include "weights/import/assemble_model.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/json_header.hpp"
#include "weights/import/tensor_names.hpp"
#include "weights/import/trained_elements.hpp"
#include "weights/model_check.hpp"
#include "weights/model_file.hpp"
#include "weights/model_keys.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

/// The model's own header, if fusemd wrote the checkpoint, and the metadata with what it says.
std::pair<Model, Metadata> read_header(const Checkpoint& checkpoint) {
  std::pair<Model, Metadata> result{{}, checkpoint.metadata};
  Model& model = result.first;
  Metadata& metadata = result.second;
  if (metadata.model_header.empty()) return result;
  model = without_lines([&] { return parse_model_header(metadata.model_header, ""); });
  const StudentConfig& config = model.config;
  metadata.numbers = {
      {"hidden_dim", config.hidden_dim}, {"num_interactions", config.num_interactions},
      {"num_rbf", config.num_rbf},       {"max_z", config.max_z},
      {"cutoff", config.cutoff},         {"norm_epsilon", config.norm_epsilon}};
  const auto word = [&](const char* key, const auto& words, auto value) {
    metadata.words[key] = words[static_cast<std::size_t>(value)];
  };
  word("cutoff_applied_to", model_keys::kCutoffAppliedTo, config.cutoff_applied_to);
  word("vector_mixing", model_keys::kVectorMixing, config.vector_mixing);
  word("directional_message", model_keys::kDirectionalMessage, config.directional_message);
  return result;
}

/// Names of tensors that are dead from the first row to the last.
std::set<std::string> dead_tensors(const StudentConfig& config, const TensorShapes& shapes) {
  std::set<std::string> names;
  for (const TensorRows& rows : dead_rows(config)) {
    if (rows.begin == 0 && rows.end == shapes.at(rows.tensor).at(0)) names.insert(rows.tensor);
  }
  return names;
}

/// Before anything is allocated: each shape is the model's, and all of them together are not more
/// than the checkpoint can hold.
void check_shapes(const Checkpoint& checkpoint,
                  const MatchedTensors& matched,
                  const TensorShapes& shapes) {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : matched.tensors) {
    const auto& shape = shapes.at(name);
    if (tensor->shape != shape) {
      throw InputError({.key = printable_key(tensor->name),
                        .problem = "wrong shape",
                        .expected = shape_text(shape),
                        .found = shape_text(tensor->shape),
                        .hint = "the shape follows from the embedding and the first filter layer"});
    }
    require_inside_storage(*tensor);
    bytes += *element_count(shape) * element_size(tensor->type);
  }
  std::size_t held = checkpoint.bytes.size();
  for (const auto& unpacked : checkpoint.unpacked) held += unpacked.size();
  if (bytes <= 2 * held + (std::size_t{16} << 20)) return;
  throw InputError({.problem = "tensors that repeat the same numbers over and over",
                    .expected = "about as many numbers as the file has",
                    .found = std::to_string(bytes) + " bytes of tensors in " +
                             std::to_string(held) + " bytes of data",
                    .hint = "save contiguous tensors: {k: v.contiguous() for k, v in ...}"});
}

void require_nothing_missing(const MatchedTensors& matched,
                             const TensorShapes& shapes,
                             const std::set<std::string>& dead) {
  std::string missing;
  std::size_t count = 0;
  for (const auto& [name, shape] : shapes) {
    if (matched.tensors.contains(name) || dead.contains(name) || name.starts_with("rbf.")) continue;
    if (++count <= 4) missing += (missing.empty() ? "" : ", ") + name;
  }
  if (count == 0) return;
  throw InputError({.key = matched.prefix,
                    .problem = std::to_string(count) +
                               (count == 1 ? " tensor is missing" : " tensors are missing"),
                    .expected = std::to_string(shapes.size()) + " tensors",
                    .found = "all but " + missing + (count > 4 ? " ..." : ""),
                    .hint = "only tensors that no energy depends on may be missing"});
}

void add_tensors(const MatchedTensors& matched,
                 const TensorShapes& shapes,
                 const std::set<std::string>& dead,
                 ImportedModel& result) {
  Model& model = result.model;
  for (const auto& [name, shape] : shapes) {
    Tensor& tensor = model.tensors[name];
    tensor.shape = shape;
    if (const auto found = matched.tensors.find(name); found != matched.tensors.end()) {
      Narrowed narrowed = to_float32(*found->second);
      result.rounded += narrowed.rounded;
      ++result.types[std::string(element_name(found->second->type))];
      tensor.values = std::move(narrowed.values);
    } else if (dead.contains(name)) {
      tensor.values.assign(*element_count(shape), 0.0F);
      result.filled.push_back(name);
    } else {
      RadialBasisTensors basis = default_radial_basis(model.config.num_rbf, model.config.cutoff);
      tensor.values = std::move(name == "rbf.centers" ? basis.centers : basis.widths);
      result.recomputed.push_back(name);
    }
  }
}

void find_elements(const Choices& choices,
                   const std::vector<int>& frame_elements,
                   ImportedModel& result) {
  Model& model = result.model;
  if (!choices.elements.empty()) {
    model.elements = choices.elements;
    result.element_source = ElementSource::chosen;
    return;
  }
  if (!model.elements.empty()) {
    result.element_source = ElementSource::checkpoint;
    return;
  }
  TrainedElements found = find_trained_elements(model.tensors.at("embedding.weight"));
  if (!found.elements.empty()) {
    model.elements = std::move(found.elements);
    result.element_source = ElementSource::guessed;
    result.element_evidence = std::move(found.evidence);
    return;
  }
  if (frame_elements.empty()) {
    throw InputError({.key = "elements",
                      .problem = "the checkpoint does not show which elements it was trained on",
                      .expected = "their symbols",
                      .found = "an embedding whose rows all look alike",
                      .hint = "name them: --elements H,C,N,O"});
  }
  model.elements = frame_elements;
  result.element_source = ElementSource::frames;
}

}  // namespace

ImportedModel assemble_model(const Checkpoint& checkpoint,
                             const Choices& choices,
                             const std::vector<int>& frame_elements) {
  const MatchedTensors matched = match_tensors(checkpoint, choices.prefix);
  auto [header, metadata] = read_header(checkpoint);
  InferredConfig inferred = infer_config(matched, metadata, choices);
  const TensorShapes shapes = student_tensor_shapes(inferred.config);
  const std::set<std::string> dead = dead_tensors(inferred.config, shapes);
  check_shapes(checkpoint, matched, shapes);
  require_nothing_missing(matched, shapes, dead);

  ImportedModel result;
  result.model = std::move(header);
  result.model.config = inferred.config;
  if (!choices.name.empty()) result.model.name = choices.name;
  if (result.model.name.empty()) result.model.name = choices.default_name;
  result.format = checkpoint.format;
  result.prefix = matched.prefix;
  result.cutoff_source = std::move(inferred.cutoff_source);
  result.switches_source = std::move(inferred.switches_source);
  result.warnings = checkpoint.notes;
  result.warnings.insert(result.warnings.end(), inferred.warnings.begin(), inferred.warnings.end());
  add_tensors(matched, shapes, dead, result);
  find_elements(choices, frame_elements, result);
  check_model(result.model);
  return result;
}

}  // namespace fusemd::checkpoint
