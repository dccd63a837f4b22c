// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weights/strict_json.hpp"

namespace fusemd {

/// A JSON value that knows the path to itself, so that whatever is refused is refused by name.
///
/// It refers to the JsonValue and must not outlive it. Every accessor throws InputError with the
/// key, what was expected and what was found, but neither file nor line: whoever holds the text
/// adds those (json_line).
class JsonField {
 public:
  JsonField(const JsonValue& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  const JsonValue& value() const { return *value_; }

  /// A whole number of int's range, written without fraction or exponent.
  int integer() const;
  double number() const;
  const std::string& text() const;
  /// Index of the text in `choices`.
  std::size_t choice(std::span<const std::string_view> choices) const;

  bool is_text() const { return std::holds_alternative<std::string>(value_->data); }

  /// A flat list of numbers, and of whole numbers of int's range.
  const std::vector<double>& numbers() const;
  std::vector<int> integers() const;
  /// Elements of a list of anything.
  std::vector<JsonField> items() const;

  /// Members of an object, in the order of the text, with the key of each.
  struct Member;
  std::vector<Member> members() const;
  /// Refuses keys that are not among `known`, with the nearest of them as a hint.
  void allow_only(std::initializer_list<std::string_view> known) const;
  std::optional<JsonField> find(std::string_view key) const;
  JsonField at(std::string_view key) const;

  [[noreturn]] void refuse(std::string problem,
                           std::string expected = {},
                           std::string found = {},
                           std::string hint = {}) const;

 private:
  [[noreturn]] void refuse_type(std::string expected) const;
  const JsonObject& object() const;
  std::string path_of(std::string_view key) const;

  const JsonValue* value_;
  std::string path_;
};

struct JsonField::Member {
  std::string_view key;
  JsonField field;
};

/// What a value is, in words for a message: "a list of 3 numbers", "the text \"abc\"".
std::string describe(const JsonValue& value);

}  // namespace fusemd
