// SPDX-License-Identifier: MIT
#include "weights/import/json_header.hpp"

#include <charconv>
#include <string>
#include <utility>
#include <variant>

#include "weights/error.hpp"

namespace fusemd::checkpoint {

JsonValue parse_header(std::string_view text) {
  // An entry of safetensors is three values and four to ten numbers.
  JsonLimits limits;
  limits.values = 4 * kMostTensors;
  limits.numbers = 16 * kMostTensors;
  return without_lines([&] { return parse_strict_json(text, {}, limits); });
}

std::vector<std::size_t> naturals(const JsonField& field) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  std::vector<std::size_t> result;
  for (const double number : field.numbers()) {
    if (!(number >= 0.0 && number <= kExact) ||
        number != static_cast<double>(static_cast<std::size_t>(number))) {
      field.refuse("not a list of sizes", "whole numbers from 0 to 2^53", describe(field.value()));
    }
    result.push_back(static_cast<std::size_t>(number));
  }
  return result;
}

std::vector<std::size_t> tensor_shape(const JsonField& field) {
  std::vector<std::size_t> shape = naturals(field);
  if (shape.size() > kMostAxes) {
    field.refuse("too many axes", "at most " + std::to_string(kMostAxes),
                 std::to_string(shape.size()));
  }
  return shape;
}

void add_metadata(std::string_view key, const JsonField& value, Metadata& metadata) {
  const auto* text = std::get_if<std::string>(&value.value().data);
  if (key == kModelHeaderKey && text != nullptr) metadata.model_header = *text;
  if (is_metadata_word(key) && text != nullptr) metadata.words[std::string(key)] = *text;
  if (!is_metadata_number(key)) return;
  double number = 0.0;
  if (const auto* given = std::get_if<JsonNumber>(&value.value().data)) {
    number = given->value;
  } else if (text != nullptr) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size()) return;
  } else {
    return;
  }
  metadata.numbers[std::string(key)] = number;
}

}  // namespace fusemd::checkpoint
