// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "weights/error.hpp"
#include "weights/import/checkpoint.hpp"
#include "weights/json_field.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {

/// read(), whose errors lose their line: it is one of the JSON inside a file, not of the file.
template <class Read>
auto without_lines(const Read& read) {
  try {
    return read();
  } catch (const InputError& error) {
    InputErrorParts parts = error.parts();
    parts.line = 0;
    throw InputError(std::move(parts));
  }
}

/// Parses JSON that describes tensors, under limits that fit such a description.
///
/// Errors   InputError without file; the key is the JSON path.
JsonValue parse_header(std::string_view text);

/// A list of whole numbers from 0 to 2^53, exact in a double.
///
/// Errors   InputError with the field's path.
std::vector<std::size_t> naturals(const JsonField& field);

/// The same as a tensor's shape, of at most kMostAxes axes.
std::vector<std::size_t> tensor_shape(const JsonField& field);

/// Adds one entry of a file's metadata if it is a number or a word that Metadata knows: a JSON
/// number, or a text that holds one.
void add_metadata(std::string_view key, const JsonField& value, Metadata& metadata);

/// The key under which fusemd stores a model's header in other formats.
inline constexpr std::string_view kModelHeaderKey = "fusemd_model";

}  // namespace fusemd::checkpoint
