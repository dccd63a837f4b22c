// SPDX-License-Identifier: MIT
#include "weights/model_file.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "weights/base64.hpp"
#include "weights/error.hpp"
#include "weights/json_field.hpp"
#include "weights/model_check.hpp"
#include "weights/model_keys.hpp"
#include "weights/read_file.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kLargestFile = std::size_t{512} << 20;

std::span<const std::string_view> only(const std::string_view& word) { return {&word, 1}; }

/// "format", "version" and "architecture" first: for a file of another kind, every other complaint
/// would be beside the point.
void require_known_format(const JsonField& root) {
  if (!std::holds_alternative<JsonObject>(root.value().data)) {
    root.refuse("not a model file", "an object with the key 'format'", describe(root.value()));
  }
  const auto format = root.find("format");
  if (!format) {
    root.refuse("not a model file",
                "the key 'format' with the value " + in_quotes(model_keys::kFormat), "no such key",
                "weights/FORMAT.md describes model files");
  }
  if (format->text() != model_keys::kFormat) {
    format->refuse("another format", in_quotes(model_keys::kFormat), in_quotes(format->text()),
                   "convert the model first; weights/FORMAT.md describes model files");
  }
  const JsonField version = root.at("version");
  if (version.integer() != model_keys::kVersion) {
    version.refuse("unknown version of the format", std::to_string(model_keys::kVersion),
                   std::to_string(version.integer()),
                   version.integer() > model_keys::kVersion ? "update fusemd" : "");
  }
  root.at("architecture").choice(only(model_keys::kArchitecture));
}

StudentConfig read_config(const JsonField& field) {
  field.allow_only({"hidden_dim", "num_interactions", "num_rbf", "max_z", "cutoff",
                    "cutoff_applied_to", "vector_mixing", "directional_message", "norm_epsilon"});
  StudentConfig config;
  config.hidden_dim = field.at("hidden_dim").integer();
  config.num_interactions = field.at("num_interactions").integer();
  config.num_rbf = field.at("num_rbf").integer();
  config.max_z = field.at("max_z").integer();
  config.cutoff = field.at("cutoff").number();
  config.cutoff_applied_to = static_cast<CutoffAppliedTo>(
      field.at("cutoff_applied_to").choice(model_keys::kCutoffAppliedTo));
  config.vector_mixing =
      static_cast<VectorMixing>(field.at("vector_mixing").choice(model_keys::kVectorMixing));
  config.directional_message = static_cast<DirectionalMessage>(
      field.at("directional_message").choice(model_keys::kDirectionalMessage));
  config.norm_epsilon = field.at("norm_epsilon").number();
  check_config(config);
  return config;
}

void require_units(const JsonField& field) {
  field.allow_only({"length", "energy"});
  field.at("length").choice(only(model_keys::kLengthUnit));
  field.at("energy").choice(only(model_keys::kEnergyUnit));
}

std::map<int, double> read_reference_energies(const JsonField& field) {
  std::map<int, double> energies;
  for (const auto& [key, energy] : field.members()) {
    int z = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), z);
    // Written back, the number must be the key: no sign, no leading zeros.
    if (error != std::errc{} || end != key.data() + key.size() || std::to_string(z) != key) {
      energy.refuse("unknown key", "an atomic number, such as \"6\"", in_quotes(key));
    }
    energies[z] = energy.number();
  }
  return energies;
}

std::vector<float> decode_values(const JsonField& data, std::size_t count) {
  const std::string& text = data.text();
  const std::string expected = std::to_string(count) + " values in base64, " +
                               std::to_string((4 * count + 2) / 3 * 4) + " characters";
  if (text.size() % 4 == 0 && base64_decoded_size(text) != 4 * count) {
    data.refuse("wrong number of bytes", expected,
                std::to_string(base64_decoded_size(text)) + " bytes in " +
                    std::to_string(text.size()) + " characters");
  }
  std::vector<float> values(text.size() % 4 == 0 ? count : 0);
  if (const auto problem = base64_decode(text, std::as_writable_bytes(std::span(values)))) {
    const std::size_t start = problem->position - std::min<std::size_t>(problem->position, 4);
    data.refuse("bad base64: " + problem->what, expected,
                "at character " + std::to_string(problem->position) + " of " +
                    std::to_string(text.size()) + ": " + in_quotes(text.substr(start, 12)),
                "the file was damaged or cut; copy or download it again");
  }
  if constexpr (std::endian::native == std::endian::big) {
    for (float& value : values) {
      const auto bits = std::bit_cast<std::uint32_t>(value);
      value = std::bit_cast<float>(bits >> 24 | (bits >> 8 & 0xFF00U) | (bits << 8 & 0xFF0000U) |
                                   bits << 24);
    }
  }
  return values;
}

std::vector<float> narrow_values(const JsonField& data, std::size_t count) {
  if (!std::holds_alternative<JsonNumbers>(data.value().data) &&
      std::holds_alternative<JsonList>(data.value().data)) {
    data.refuse("not a flat list of numbers", "numbers only, row by row", describe(data.value()),
                "flatten nested lists");
  }
  const std::vector<double>& numbers = data.numbers();
  if (numbers.size() != count) {
    data.refuse("wrong number of values", std::to_string(count), std::to_string(numbers.size()));
  }
  // Half a float32 spacing above the largest one: everything below rounds to a finite float32.
  constexpr double kOverflow = 0x1.ffffffp127;
  constexpr auto kLargest = static_cast<double>(std::numeric_limits<float>::max());
  std::vector<float> values;
  values.reserve(count);
  for (const double number : numbers) {
    if (!(std::abs(number) < kOverflow)) {
      data.refuse("a number too large for float32", "numbers up to 3.4e38",
                  describe({JsonNumber{number, false}, 0, 0}) + " at value " +
                      std::to_string(values.size()));
    }
    values.push_back(static_cast<float>(std::clamp(number, -kLargest, kLargest)));
  }
  return values;
}

Tensor read_tensor(const JsonField& field, const std::vector<std::size_t>& shape) {
  field.allow_only({"shape", "dtype", "data"});
  const JsonField given_shape = field.at("shape");
  const JsonField dtype = field.at("dtype");
  const JsonField data = field.at("data");
  Tensor tensor;
  for (const int extent : given_shape.integers()) {
    if (extent < 0) given_shape.refuse("a negative extent", "sizes", std::to_string(extent));
    tensor.shape.push_back(static_cast<std::size_t>(extent));
  }
  dtype.choice(only(model_keys::kDtype));
  if (tensor.shape != shape) return tensor;  // check_model() has the words for it
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  tensor.values = data.is_text() ? decode_values(data, count) : narrow_values(data, count);
  return tensor;
}

std::map<std::string, Tensor> read_tensors(const JsonField& field, const StudentConfig& config) {
  const auto shapes = student_tensor_shapes(config);
  std::map<std::string, Tensor> tensors;
  for (const auto& [key, tensor] : field.members()) {
    const std::string name(key);
    check_tensor_name(name, shapes, config);
    tensors[name] = read_tensor(tensor, shapes.at(name));
  }
  return tensors;
}

TrainingDomain read_training_domain(const JsonField& field) {
  field.allow_only({"closest_pairs", "temperatures_K", "note"});
  TrainingDomain domain;
  if (const auto pairs = field.find("closest_pairs")) {
    for (const JsonField& pair : pairs->items()) {
      pair.allow_only({"elements", "distance"});
      const JsonField elements = pair.at("elements");
      const std::vector<int> z = elements.integers();
      if (z.size() != 2) {
        elements.refuse("not a pair", "two atomic numbers", describe(elements.value()));
      }
      domain.closest_pairs.push_back({z[0], z[1], pair.at("distance").number()});
    }
  }
  if (const auto temperatures = field.find("temperatures_K")) {
    domain.temperatures = temperatures->numbers();
  }
  if (const auto note = field.find("note")) domain.note = note->text();
  return domain;
}

/// n rows of three numbers, one after the other.
std::vector<double> read_rows(const JsonField& field) {
  std::vector<double> values;
  for (const JsonField& row : field.items()) {
    const std::vector<double>& xyz = row.numbers();
    if (xyz.size() != 3) row.refuse("not a vector", "three numbers", describe(row.value()));
    values.insert(values.end(), xyz.begin(), xyz.end());
  }
  return values;
}

std::vector<ReferenceFrame> read_reference_frames(const JsonField& field) {
  std::vector<ReferenceFrame> frames;
  for (const JsonField& item : field.items()) {
    item.allow_only({"name", "atomic_numbers", "positions", "energy", "forces"});
    ReferenceFrame frame;
    frame.name = item.at("name").text();
    frame.atomic_numbers = item.at("atomic_numbers").integers();
    frame.positions = read_rows(item.at("positions"));
    frame.energy = item.at("energy").number();
    frame.forces = read_rows(item.at("forces"));
    frames.push_back(std::move(frame));
  }
  return frames;
}

/// Everything but the tensors.
Model read_header(const JsonField& root, std::string_view text) {
  require_known_format(root);
  root.allow_only({"format", "version", "architecture", "name", "config", "units", "elements",
                   "reference_energies_eV", "provenance", "training_domain", "reference_frames",
                   "tensors"});
  Model model;
  model.name = root.at("name").text();
  model.config = read_config(root.at("config"));
  require_units(root.at("units"));
  model.elements = root.at("elements").integers();
  if (const auto field = root.find("reference_energies_eV")) {
    model.reference_energies = read_reference_energies(*field);
  }
  if (const auto field = root.find("provenance")) {
    field->members();  // refuses anything but an object
    const JsonValue& value = field->value();
    model.provenance = text.substr(value.begin, value.end - value.begin);
  }
  if (const auto field = root.find("training_domain")) {
    model.training_domain = read_training_domain(*field);
  }
  if (const auto field = root.find("reference_frames")) {
    model.reference_frames = read_reference_frames(*field);
  }
  return model;
}

/// Reads a text by `read`, which throws with a key only, and adds file and line to that.
template <typename Read>
Model read_tree(std::string_view text,
                const std::string& name,
                const JsonLimits& limits,
                Read read) {
  const JsonValue tree = parse_strict_json(text, name, limits);
  try {
    return read(JsonField(tree, ""));
  } catch (const InputError& error) {
    InputErrorParts parts = error.parts();
    parts.file = name;
    parts.line = json_line(tree, text, parts.key);
    parts.key = printable_key(parts.key);
    throw InputError(std::move(parts));
  }
}

}  // namespace

Model parse_model(std::string_view text, const std::string& name) {
  return read_tree(text, name, {}, [&](const JsonField& root) {
    Model model = read_header(root, text);
    model.tensors = read_tensors(root.at("tensors"), model.config);
    check_model(model);
    return model;
  });
}

Model parse_model_header(std::string_view text, const std::string& name) {
  // It comes inside of checkpoints, which nobody vouches for, and has no tensors.
  JsonLimits limits;
  limits.values = 100'000;
  limits.numbers = 2'000'000;
  return read_tree(text, name, limits,
                   [&](const JsonField& root) { return read_header(root, text); });
}

Model read_model(const std::string& path) {
  return parse_model(read_whole_file(path, kLargestFile, "a model file"), path);
}

}  // namespace fusemd
