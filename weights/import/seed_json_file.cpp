// SPDX-License-Identifier: MIT
#include "weights/import/seed_json_file.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "weights/base64.hpp"
#include "weights/error.hpp"
#include "weights/import/json_header.hpp"
#include "weights/json_field.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::string_view kFormat = "mlff-student-weights-v1";
constexpr std::string_view kDtype = "float32";
constexpr std::string_view kEncoding = "base64-le";

std::span<const std::string_view> only(const std::string_view& word) { return {&word, 1}; }

StoredTensor read_tensor(std::string_view name,
                         const JsonField& field,
                         std::vector<std::vector<std::byte>>& decoded) {
  field.allow_only({"shape", "dtype", "encoding", "data"});
  field.at("dtype").choice(only(kDtype));
  field.at("encoding").choice(only(kEncoding));
  StoredTensor tensor;
  tensor.name = name;
  tensor.type = ElementType::float32;
  tensor.shape = tensor_shape(field.at("shape"));
  tensor.strides = row_major_strides(tensor.shape);

  const JsonField data = field.at("data");
  const std::string& text = data.text();
  const auto count = element_count(tensor.shape);
  std::size_t size = 0;
  if (!count || __builtin_mul_overflow(*count, element_size(tensor.type), &size) ||
      (text.size() % 4 == 0 && base64_decoded_size(text) != size)) {
    data.refuse("another size than the shape has", shape_text(tensor.shape) + " of 4 bytes each",
                std::to_string(base64_decoded_size(text)) + " bytes");
  }
  // Never more than the text's own length: the sizes were found equal.
  std::vector<std::byte> bytes(text.size() % 4 == 0 ? size : 0);
  if (const auto problem = base64_decode(text, bytes)) {
    data.refuse("bad base64: " + problem->what, "RFC 4648 with padding",
                "at character " + std::to_string(problem->position),
                "the file was damaged or cut; copy or download it again");
  }
  decoded.push_back(std::move(bytes));
  tensor.storage = decoded.back();
  return tensor;
}

}  // namespace

Checkpoint read_seed_json(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = kFormat;
  checkpoint.bytes = std::move(bytes);
  const std::string_view text(reinterpret_cast<const char*>(checkpoint.bytes.data()),
                              checkpoint.bytes.size());
  const JsonValue tree = parse_header(text);
  const JsonField root(tree, "");
  if (const auto format = root.find("format"); !format || !format->is_text()) {
    root.refuse("a JSON file of another kind",
                "the key 'format' with the value " + in_quotes(kFormat), describe(tree));
  } else if (format->text() == "fusemd-model") {
    format->refuse("a fusemd model already", in_quotes(kFormat), in_quotes(format->text()),
                   "nothing to import: use it as it is");
  } else {
    format->choice(only(kFormat));
  }
  if (const auto config = root.find("config")) {
    for (const auto& [key, value] : config->members()) {
      add_metadata(key, value, checkpoint.metadata);
    }
  }
  if (const auto source = root.find("source")) {
    if (const auto producer = source->find("producer"); producer && producer->is_text()) {
      checkpoint.metadata.source = producer->text();
    }
  }
  std::set<std::string> missing;
  if (const auto list = root.find("missing")) {
    for (const JsonField& name : list->items()) missing.insert(name.text());
  }
  const auto members = root.at("tensors").members();
  if (members.size() > kMostTensors) {
    root.at("tensors").refuse("too many tensors", "at most " + std::to_string(kMostTensors),
                              std::to_string(members.size()));
  }
  checkpoint.unpacked.reserve(members.size());
  for (const auto& [name, field] : members) {
    StoredTensor tensor = read_tensor(name, field, checkpoint.unpacked);
    if (!missing.contains(tensor.name)) checkpoint.tensors.push_back(std::move(tensor));
  }
  return checkpoint;
}

}  // namespace fusemd::checkpoint
