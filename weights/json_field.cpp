// SPDX-License-Identifier: MIT
#include "weights/json_field.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "weights/error.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd {
namespace {

std::string shortest(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string count_of(std::size_t n, const char* noun) {
  return std::to_string(n) + ' ' + noun + (n == 1 ? "" : "s");
}

struct Describer {
  std::string operator()(JsonNull) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const JsonNumber& n) const { return shortest(n.value); }
  std::string operator()(const std::string& text) const { return "the text " + in_quotes(text); }
  std::string operator()(const JsonNumbers& list) const {
    if (list.values.empty()) return "an empty list";
    return "a list of " + count_of(list.values.size(), "number");
  }
  std::string operator()(const JsonList& list) const {
    return "a list of " + count_of(list.size(), "value");
  }
  std::string operator()(const JsonObject& object) const {
    return "an object with " + count_of(object.size(), "key");
  }
};

bool fits_int(double value) {
  return value >= std::numeric_limits<int>::min() && value <= std::numeric_limits<int>::max();
}

}  // namespace

std::string describe(const JsonValue& value) { return std::visit(Describer{}, value.data); }

void JsonField::refuse(std::string problem,
                       std::string expected,
                       std::string found,
                       std::string hint) const {
  throw InputError(
      {{}, 0, path_, std::move(problem), std::move(expected), std::move(found), std::move(hint)});
}

void JsonField::refuse_type(std::string expected) const {
  refuse("wrong type", std::move(expected), describe(*value_));
}

int JsonField::integer() const {
  const auto* number = std::get_if<JsonNumber>(&value_->data);
  if (number == nullptr) refuse_type("a whole number");
  if (!number->whole) refuse("not a whole number", "digits only", describe(*value_));
  if (!fits_int(number->value)) refuse("out of range", "a 32-bit whole number", describe(*value_));
  return static_cast<int>(number->value);
}

double JsonField::number() const {
  const auto* number = std::get_if<JsonNumber>(&value_->data);
  if (number == nullptr) refuse_type("a number");
  return number->value;
}

const std::string& JsonField::text() const {
  const auto* text = std::get_if<std::string>(&value_->data);
  if (text == nullptr) refuse_type("a text");
  return *text;
}

std::size_t JsonField::choice(std::span<const std::string_view> choices) const {
  const std::string& given = text();
  const auto place = std::find(choices.begin(), choices.end(), given);
  if (place != choices.end()) return static_cast<std::size_t>(place - choices.begin());
  std::string expected;
  for (const std::string_view choice : choices) {
    if (!expected.empty()) expected += " or ";
    expected += in_quotes(choice);
  }
  const std::string near = nearest_name(given, choices);
  refuse("unknown value", expected, in_quotes(given),
         near.empty() ? "" : "did you mean " + in_quotes(near) + "?");
}

const std::vector<double>& JsonField::numbers() const {
  const auto* list = std::get_if<JsonNumbers>(&value_->data);
  if (list != nullptr) return list->values;
  if (std::holds_alternative<JsonList>(value_->data)) {
    for (const JsonField& item : items()) item.number();  // names the first that is no number
  }
  refuse_type("a list of numbers");
}

std::vector<int> JsonField::integers() const {
  const std::vector<double>& values = numbers();
  std::vector<int> result;
  result.reserve(values.size());
  for (const double value : values) {
    if (!std::get<JsonNumbers>(value_->data).all_whole || !fits_int(value)) {
      refuse("not a list of whole numbers", "digits only", describe(*value_));
    }
    result.push_back(static_cast<int>(value));
  }
  return result;
}

std::vector<JsonField> JsonField::items() const {
  std::vector<JsonField> result;
  if (const auto* packed = std::get_if<JsonNumbers>(&value_->data)) {
    if (!packed->values.empty()) refuse_type("a list of lists or objects");
    return result;
  }
  const auto* list = std::get_if<JsonList>(&value_->data);
  if (list == nullptr) refuse_type("a list");
  result.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    result.emplace_back((*list)[i], path_ + '[' + std::to_string(i) + ']');
  }
  return result;
}

const JsonObject& JsonField::object() const {
  const auto* object = std::get_if<JsonObject>(&value_->data);
  if (object == nullptr) refuse_type("an object");
  return *object;
}

std::string JsonField::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

std::vector<JsonField::Member> JsonField::members() const {
  std::vector<Member> result;
  for (const JsonMember& member : object()) {
    result.push_back({member.key, JsonField(member.value, path_of(member.key))});
  }
  return result;
}

void JsonField::allow_only(std::initializer_list<std::string_view> known) const {
  for (const JsonMember& member : object()) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    std::string expected;
    for (const std::string_view name : known) {
      if (!expected.empty()) expected += ", ";
      expected += name;
    }
    const std::string near = nearest_name(member.key, known);
    JsonField(member.value, path_of(member.key))
        .refuse("unknown key", expected, in_quotes(member.key),
                near.empty() ? "" : "did you mean " + in_quotes(near) + "?");
  }
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  for (const JsonMember& member : object()) {
    if (member.key == key) return JsonField(member.value, path_of(key));
  }
  return std::nullopt;
}

JsonField JsonField::at(std::string_view key) const {
  if (auto field = find(key)) return *field;
  std::string given;
  for (const JsonMember& member : object()) {
    if (!given.empty()) given += ", ";
    given += member.key;
  }
  throw InputError({{},
                    0,
                    path_of(key),
                    "missing",
                    "a value: the key is required",
                    given.empty() ? "an empty object" : "only " + printable_key(given),
                    {}});
}

}  // namespace fusemd
