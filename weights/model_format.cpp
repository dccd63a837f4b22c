// SPDX-License-Identifier: MIT
#include <bit>
#include <charconv>
#include <cstdint>
#include <span>

#include <nlohmann/json.hpp>

#include "weights/base64.hpp"
#include "weights/error.hpp"
#include "weights/little_endian.hpp"
#include "weights/model_check.hpp"
#include "weights/model_file.hpp"
#include "weights/model_keys.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

std::string text_of(std::string_view key, std::string_view value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::type_error&) {
    throw InputError({{}, 0, std::string(key), "not UTF-8", "text in UTF-8", {}, {}});
  }
}

/// The shortest digits that read back as the same double, and always a fraction or an exponent, so
/// that -0.0 keeps its sign and readers that tell 5 from 5.0 see the type.
std::string text_of(double value) {
  char buffer[32];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string text_of(int value) { return std::to_string(value); }
std::string text_of(std::size_t value) { return std::to_string(value); }

template <typename T>
std::string list_of(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) {
    if (text.size() > 1) text += ", ";
    text += text_of(value);
  }
  return text + ']';
}

std::string rows_of(const std::vector<double>& values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); i += 3) {
    if (i > 0) text += ", ";
    text += list_of(std::vector<double>{values[i], values[i + 1], values[i + 2]});
  }
  return text + ']';
}

std::string data_of(const std::vector<float>& values) {
  if constexpr (std::endian::native == std::endian::little) {
    return base64_encode(std::as_bytes(std::span(values)));
  }
  std::string bytes;
  append_little_endian(bytes, values);
  return base64_encode(std::as_bytes(std::span(bytes)));
}

std::string choice_of(std::span<const std::string_view> choices, std::size_t index) {
  return '"' + std::string(choices[index]) + '"';
}

std::string config_of(const StudentConfig& config) {
  std::string text = "{\n    \"hidden_dim\": " + text_of(config.hidden_dim);
  const auto add = [&](const char* key, const std::string& value) {
    text += ",\n    \"" + std::string(key) + "\": " + value;
  };
  add("num_interactions", text_of(config.num_interactions));
  add("num_rbf", text_of(config.num_rbf));
  add("max_z", text_of(config.max_z));
  add("cutoff", text_of(config.cutoff));
  add("cutoff_applied_to",
      choice_of(model_keys::kCutoffAppliedTo, static_cast<std::size_t>(config.cutoff_applied_to)));
  add("vector_mixing",
      choice_of(model_keys::kVectorMixing, static_cast<std::size_t>(config.vector_mixing)));
  add("directional_message", choice_of(model_keys::kDirectionalMessage,
                                       static_cast<std::size_t>(config.directional_message)));
  add("norm_epsilon", text_of(config.norm_epsilon));
  return text + "\n  }";
}

std::string reference_energies_of(const std::map<int, double>& energies) {
  std::string text = "{";
  for (const auto& [z, energy] : energies) {
    if (text.size() > 1) text += ", ";
    text += '"' + text_of(z) + "\": " + text_of(energy);
  }
  return text + '}';
}

std::string training_domain_of(const TrainingDomain& domain) {
  std::string text = "{";
  const auto add = [&](const char* key, const std::string& value) {
    if (text.size() > 1) text += ',';
    text += "\n    \"" + std::string(key) + "\": " + value;
  };
  if (!domain.closest_pairs.empty()) {
    std::string pairs = "[";
    for (const TrainingDomain::ClosestPair& pair : domain.closest_pairs) {
      if (pairs.size() > 1) pairs += ',';
      pairs += "\n      {\"elements\": " + list_of(std::vector<int>{pair.z_a, pair.z_b}) +
               ", \"distance\": " + text_of(pair.distance) + '}';
    }
    add("closest_pairs", pairs + "\n    ]");
  }
  if (!domain.temperatures.empty()) add("temperatures_K", list_of(domain.temperatures));
  if (!domain.note.empty()) add("note", text_of("training_domain.note", domain.note));
  return text + "\n  }";
}

bool is_empty(const TrainingDomain& domain) {
  return domain.closest_pairs.empty() && domain.temperatures.empty() && domain.note.empty();
}

std::string reference_frames_of(const std::vector<ReferenceFrame>& frames) {
  std::string text = "[";
  for (const ReferenceFrame& frame : frames) {
    if (text.size() > 1) text += ',';
    text += "\n    {\"name\": " + text_of("reference_frames.name", frame.name) +
            ",\n     \"atomic_numbers\": " + list_of(frame.atomic_numbers) +
            ",\n     \"positions\": " + rows_of(frame.positions) +
            ",\n     \"energy\": " + text_of(frame.energy) +
            ",\n     \"forces\": " + rows_of(frame.forces) + '}';
  }
  return text + "\n  ]";
}

/// Each float32 as the digits of the double that equals it: whoever reads doubles has it exactly.
std::string numbers_of(const std::vector<float>& values) {
  std::string text = "[";
  for (const float value : values) {
    if (text.size() > 1) text += ", ";
    text += text_of(static_cast<double>(value));
  }
  return text + ']';
}

std::string tensors_of(const std::map<std::string, Tensor>& tensors, TensorText as) {
  std::string text = "{";
  for (const auto& [name, tensor] : tensors) {
    if (text.size() > 1) text += ',';
    text += "\n    \"" + name + "\": {\"shape\": " + list_of(tensor.shape) + ", \"dtype\": \"" +
            std::string(model_keys::kDtype) + "\", \"data\": ";
    if (as == TensorText::base64) {
      text += '"';
      text += data_of(tensor.values);
      text += '"';
    } else {
      text += numbers_of(tensor.values);
    }
    text += '}';
  }
  return text + "\n  }";
}

/// The provenance is kept as the text that it was read from, so it must be one whole JSON object.
void check_provenance(const std::string& text) {
  try {
    const JsonValue value = parse_strict_json(text, {});
    if (std::holds_alternative<JsonObject>(value.data) && value.end - value.begin == text.size()) {
      return;
    }
  } catch (const InputError&) {
  }
  throw InputError({{},
                    0,
                    "provenance",
                    "not a JSON object",
                    "the text of one JSON object",
                    in_quotes(text),
                    {}});
}

/// Everything before the tensors; the object stays open.
std::string header_of(const Model& model) {
  check_model(model);
  check_provenance(model.provenance);
  std::string text = "{\n  \"format\": \"" + std::string(model_keys::kFormat) + '"';
  const auto add = [&](const char* key, const std::string& value) {
    text += ",\n  \"" + std::string(key) + "\": ";
    text += value;
  };
  add("version", text_of(model_keys::kVersion));
  add("architecture", '"' + std::string(model_keys::kArchitecture) + '"');
  add("name", text_of("name", model.name));
  add("config", config_of(model.config));
  add("units", "{\"length\": \"" + std::string(model_keys::kLengthUnit) + "\", \"energy\": \"" +
                   std::string(model_keys::kEnergyUnit) + "\"}");
  add("elements", list_of(model.elements));
  if (!model.reference_energies.empty()) {
    add("reference_energies_eV", reference_energies_of(model.reference_energies));
  }
  if (model.provenance != "{}") add("provenance", model.provenance);
  if (!is_empty(model.training_domain)) {
    add("training_domain", training_domain_of(model.training_domain));
  }
  if (!model.reference_frames.empty()) {
    add("reference_frames", reference_frames_of(model.reference_frames));
  }
  return text;
}

}  // namespace

std::string format_model(const Model& model, TensorText as) {
  std::string text = header_of(model) + ",\n  \"tensors\": ";
  text += tensors_of(model.tensors, as);
  return text + "\n}\n";
}

std::string format_model_header(const Model& model) { return header_of(model) + "\n}\n"; }

}  // namespace fusemd
