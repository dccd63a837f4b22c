// SPDX-License-Identifier: MIT
#include "weights/strict_json.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "weights/error.hpp"

namespace fusemd {
namespace {

long line_at(std::string_view text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<long>(std::count(text.begin(), end, '\n'));
}

/// Walks the text and tells everyone how far it has come: the parser's events carry no positions.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    const TrackedIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const TrackedIterator& a, const TrackedIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  const char** furthest_;
};

/// Builds the tree from the parser's events. Open lists and objects are the last element of their
/// parent, which does not grow before they close, so plain pointers to them stay good.
class TreeBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  TreeBuilder(std::string_view text, const std::string& name, const JsonLimits& limits)
      : text_(text), name_(name), limits_(limits), furthest_(text.data()) {}

  TrackedIterator begin() { return {text_.data(), &furthest_}; }
  TrackedIterator end() { return {text_.data() + text_.size(), &furthest_}; }
  JsonValue take_root() { return std::move(root_); }

  bool null() { return scalar(JsonNull{}); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(number_integer_t value) { return number(static_cast<double>(value), true); }
  bool number_unsigned(number_unsigned_t value) { return number(static_cast<double>(value), true); }
  bool number_float(number_float_t value, const string_t&) { return number(value, false); }
  bool string(string_t& value) { return scalar(std::move(value)); }
  bool binary(binary_t&) { return false; }  // JSON text has none

  bool start_object(std::size_t) { return open(JsonObject{}); }
  bool start_array(std::size_t) { return open(JsonNumbers{}); }
  bool key(string_t& key) {
    std::get<JsonObject>(open_.back()->data).push_back({std::move(key), {}});
    return true;
  }
  bool end_object() {
    refuse_duplicates(std::get<JsonObject>(open_.back()->data));
    return close();
  }
  bool end_array() { return close(); }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::json::exception& error) {
    const std::size_t at = std::min(position, text_.size()) - (position > 0 ? 1 : 0);
    if (error.id == 406) {  // nlohmann's number for "number overflow"
      fail(at, path(), "a number too large for double precision", "a number up to 1.8e308",
           context(at));
    }
    // Its text ends with everything read so far of the current token: too long to show.
    std::string what = error.what();
    what.resize(std::min(what.size(), what.find("; last read: ")));
    const std::size_t start = what.find("syntax error ");
    what = start == std::string::npos ? std::string("a syntax error") : what.substr(start);
    InputErrorParts parts;
    parts.file = name_;
    parts.line = line_at(text_, at);
    parts.key = printable_key(path());
    parts.problem = "not valid JSON: " + what;
    parts.expected = "JSON as in RFC 8259";
    parts.found = context(at);
    parts.hint = syntax_hint(at, position > text_.size());
    throw InputError(parts);
  }

 private:
  std::size_t offset() const { return static_cast<std::size_t>(furthest_ - text_.data()); }

  [[noreturn]] void fail(std::size_t at,
                         const std::string& key,
                         std::string problem,
                         std::string expected,
                         std::string found,
                         std::string hint = {}) const {
    throw InputError({name_, line_at(text_, at), printable_key(key), std::move(problem),
                      std::move(expected), std::move(found), std::move(hint)});
  }

  template <typename T>
  bool scalar(T&& value) {
    // A number ends only where the next character is read: step back over it.
    const std::size_t at = offset() - std::min<std::size_t>(offset(), 2);
    add({std::forward<T>(value), at, offset()});
    return true;
  }

  bool number(double value, bool whole) {
    if (!open_.empty()) {
      if (auto* list = std::get_if<JsonNumbers>(&open_.back()->data)) {
        if (++n_numbers_ > limits_.numbers) {
          fail(offset(), path(), "too many numbers",
               "at most " + std::to_string(limits_.numbers) + " in all lists together", "more");
        }
        list->values.push_back(value);
        list->all_whole = list->all_whole && whole;
        return true;
      }
    }
    return scalar(JsonNumber{value, whole});
  }

  /// Puts a value where it belongs and returns its place there.
  JsonValue* add(JsonValue value) {
    ++n_values_;
    refuse_too_many_values();
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    JsonValue& parent = *open_.back();
    if (auto* object = std::get_if<JsonObject>(&parent.data)) {
      object->back().value = std::move(value);
      return &object->back().value;
    }
    if (auto* packed = std::get_if<JsonNumbers>(&parent.data)) {
      n_values_ += packed->values.size();
      refuse_too_many_values();
      JsonList items;
      items.reserve(packed->values.size() + 1);
      for (const double number : packed->values) {
        items.push_back({JsonNumber{number, packed->all_whole}, parent.begin, parent.begin});
      }
      parent.data = std::move(items);
    }
    auto& items = std::get<JsonList>(parent.data);
    items.push_back(std::move(value));
    return &items.back();
  }

  void refuse_too_many_values() const {
    if (n_values_ <= limits_.values) return;
    fail(offset(), path(), "too many values",
         "at most " + std::to_string(limits_.values) + " in the file", "more");
  }

  template <typename T>
  bool open(T&& container) {
    if (open_.size() >= limits_.depth) {
      fail(offset(), path(), "nested too deeply",
           "at most " + std::to_string(limits_.depth) + " lists and objects inside each other",
           "one more");
    }
    open_.push_back(add({std::forward<T>(container), offset() - 1, offset()}));
    return true;
  }

  bool close() {
    open_.back()->end = offset();
    open_.pop_back();
    return true;
  }

  void refuse_duplicates(const JsonObject& object) const {
    std::vector<const JsonMember*> sorted(object.size());
    std::transform(object.begin(), object.end(), sorted.begin(), [](const auto& m) { return &m; });
    // Addresses grow with the position in the text: of equal keys, the first in the text comes
    // first.
    std::sort(sorted.begin(), sorted.end(), [](const JsonMember* a, const JsonMember* b) {
      return a->key != b->key ? a->key < b->key : a < b;
    });
    const auto twice = std::adjacent_find(
        sorted.begin(), sorted.end(),
        [](const JsonMember* a, const JsonMember* b) { return a->key == b->key; });
    if (twice == sorted.end()) return;
    // The object is still open, so path() would name its last key.
    std::string key = path(open_.size() - 1);
    if (!key.empty()) key += '.';
    key += (*twice)->key;
    fail((*(twice + 1))->value.begin, key, "key given twice", "each key once",
         in_quotes((*twice)->key) + " on line " +
             std::to_string(line_at(text_, (*twice)->value.begin)) + " already");
  }

  std::string path() const { return path(open_.size()); }

  /// Where the outermost `depth` open lists and objects are being written to.
  std::string path(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto& data = open_[i]->data;
      if (const auto* object = std::get_if<JsonObject>(&data)) {
        if (object->empty()) break;
        if (!text.empty()) text += '.';
        text += object->back().key;
      } else if (const auto* items = std::get_if<JsonList>(&data)) {
        // An open child is the last item already; a value that is being read is not there yet.
        const std::size_t index = i + 1 < open_.size() ? items->size() - 1 : items->size();
        text += '[' + std::to_string(index) + ']';
      } else {
        text += '[' + std::to_string(std::get<JsonNumbers>(data).values.size()) + ']';
      }
    }
    return text;
  }

  /// What stands around the place of an error, on its line.
  std::string context(std::size_t at) const {
    if (at + 1 >= text_.size()) at = text_.size() - 1;
    const std::size_t line_start = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
    const std::size_t start = std::max(line_start, at - std::min<std::size_t>(at, 24));
    const std::size_t stop = std::min(text_.find('\n', start), text_.size());
    return in_quotes(text_.substr(start, std::min(stop - start, at - start + 8)));
  }

  std::string syntax_hint(std::size_t at, bool at_end) const {
    if (at_end) return "the file ends too early: copy or download it again";
    const std::string_view rest = text_.substr(at);
    const auto starts = [&](std::string_view word) { return rest.substr(0, word.size()) == word; };
    if (starts("N") || starts("nan") || starts("I") || starts("inf")) {
      return "JSON has no NaN and no infinity; look at what produced the value";
    }
    if (starts("/") || starts("#")) return "JSON has no comments";
    return {};
  }

  std::string_view text_;
  const std::string& name_;
  JsonLimits limits_;
  const char* furthest_;
  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::size_t n_values_ = 0;
  std::size_t n_numbers_ = 0;
};

/// Refuses what is recognisably another kind of file, before the parser trips over its first byte.
void refuse_other_formats(std::string_view text, const std::string& name) {
  const auto starts = [&](std::string_view head) { return text.substr(0, head.size()) == head; };
  const auto refuse = [&](std::string found, std::string hint) {
    throw InputError({name,
                      0,
                      {},
                      "not a JSON text",
                      "JSON in UTF-8, without byte order mark",
                      std::move(found),
                      std::move(hint)});
  };
  using namespace std::string_view_literals;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    refuse(text.empty() ? "an empty file" : "nothing but white space",
           "copy or download the file again");
  }
  if (starts("\xEF\xBB\xBF")) refuse("a UTF-8 byte order mark", "save it as UTF-8 without BOM");
  if (starts("\xFF\xFE") || starts("\xFE\xFF") || starts("{\0"sv) || starts("\0{"sv)) {
    refuse("UTF-16 or UTF-32 text", "save it as UTF-8 without BOM");
  }
  if (starts("\x1F\x8B")) refuse("a gzip file", "unpack it with gunzip");
  if (starts("PK\x03\x04")) {
    refuse("a ZIP archive", "a PyTorch checkpoint must be converted to a model file first");
  }
}

}  // namespace

JsonValue parse_strict_json(std::string_view text,
                            const std::string& name,
                            const JsonLimits& limits) {
  refuse_other_formats(text, name);
  TreeBuilder builder(text, name, limits);
  nlohmann::json::sax_parse(builder.begin(), builder.end(), &builder);
  return builder.take_root();
}

long json_line(const JsonValue& root, std::string_view text, std::string_view path) {
  const JsonValue* value = &root;
  while (!path.empty()) {
    const JsonValue* next = nullptr;
    if (const auto* object = std::get_if<JsonObject>(&value->data)) {
      // Keys may hold dots: take the longest one that the path starts with.
      std::size_t length = 0;
      for (const JsonMember& member : *object) {
        const std::string_view key = member.key;
        const bool fits =
            path.substr(0, key.size()) == key &&
            (path.size() == key.size() || path[key.size()] == '.' || path[key.size()] == '[');
        if (fits && key.size() >= length) {
          length = key.size();
          next = &member.value;
        }
      }
      path.remove_prefix(length);
      if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    } else if (const auto* items = std::get_if<JsonList>(&value->data);
               items != nullptr && path.front() == '[') {
      const std::size_t close = std::min(path.find(']'), path.size() - 1);
      std::size_t index = 0;
      for (const char c : path.substr(1, close - 1)) {
        index = 10 * index + static_cast<std::size_t>(c - '0');
      }
      if (index < items->size()) next = &(*items)[index];
      path.remove_prefix(close + 1);
      if (!path.empty() && path.front() == '.') path.remove_prefix(1);
    }
    if (next == nullptr) break;
    value = next;
  }
  return line_at(text, value->begin);
}

namespace {

/// Bytes of the UTF-8 character that begins a text which is not empty; 0 where none does.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond_unicode = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

/// The text without control characters and without bytes that are no UTF-8, cut to `longest` bytes
/// but not inside a character.
std::string printable(std::string_view text, std::size_t longest) {
  std::size_t length = std::min(text.size(), longest);
  while (length < text.size() && length > 0 && (text[length] & '\xC0') == '\x80') --length;
  std::string result(text.substr(0, length));
  for (std::size_t i = 0; i < result.size();) {
    const std::size_t character = utf8_length(std::string_view(result).substr(i));
    const auto first = static_cast<unsigned char>(result[i]);
    if (character == 0 || first < 0x20 || first == 0x7F) result[i] = '?';
    i += std::max<std::size_t>(character, 1);
  }
  if (length < text.size()) result += "...";
  return result;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return '"' + printable(text, kLongest) + '"';
}

std::string printable_key(std::string_view path) {
  constexpr std::size_t kLongest = 160;
  return printable(path, kLongest);
}

}  // namespace fusemd
