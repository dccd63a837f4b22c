// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fusemd {

struct JsonValue;
struct JsonMember;

struct JsonNumber {
  double value = 0.0;
  bool whole = false;  ///< written without fraction and exponent, and inside 64 bits
};

/// A list that holds nothing but numbers (or nothing), packed: tensors may be lists of many
/// numbers.
struct JsonNumbers {
  std::vector<double> values;
  bool all_whole = true;
};

struct JsonNull {};
using JsonList = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>;

/// One value of a JSON text, and where it stands.
struct JsonValue {
  std::variant<JsonNull, bool, JsonNumber, std::string, JsonNumbers, JsonList, JsonObject> data;
  /// Byte range in the text: exact for lists and objects, somewhere inside for the others.
  std::size_t begin = 0, end = 0;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

/// What a text may hold at most, so that no file can exhaust the stack or the memory.
struct JsonLimits {
  std::size_t depth = 32;            ///< lists and objects inside each other
  std::size_t values = 1'000'000;    ///< not counting numbers of lists of numbers
  std::size_t numbers = 50'000'000;  ///< in lists of numbers, all together
};

/// Parses one JSON text (RFC 8259) strictly: UTF-8 without byte order mark, no duplicate keys at
/// any depth, nothing after the value, numbers within the range of a double.
///
/// Errors   InputError with `name` as its file, the line, and the JSON path of the place as its
/// key.
JsonValue parse_strict_json(std::string_view text,
                            const std::string& name,
                            const JsonLimits& limits = {});

/// The line (from 1) of the value that `path` names ("tensors.rbf.centers.shape",
/// "frames[2].name"), or of the innermost value on the way to it that exists.
long json_line(const JsonValue& root, std::string_view text, std::string_view path);

/// Untrusted text in quotes for a message: at most 40 bytes and "..." for the rest, control
/// characters replaced by '?'.
std::string in_quotes(std::string_view text);

/// The same for a JSON path: at most 160 bytes, without quotes.
std::string printable_key(std::string_view path);

}  // namespace fusemd
