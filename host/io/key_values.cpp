// SPDX-License-Identifier: MIT
#include "host/io/key_values.hpp"

#include <utility>

#include "host/io/text.hpp"

namespace fusemd {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Parser {
 public:
  explicit Parser(std::string_view line) : line_(line) {}

  KeyValues parse() {
    KeyValues result;
    for (skip_blanks(); !done(); skip_blanks()) {
      KeyValue entry{take(/*stop_at_equals=*/true), "T"};
      skip_blanks();
      if (!done() && line_[at_] == '=') {
        ++at_;
        skip_blanks();
        if (entry.key.empty()) note("no key before '='");
        if (done()) note("no value after " + shown(entry.key + "="));
        entry.value = take(/*stop_at_equals=*/false);
      }
      result.entries.push_back(std::move(entry));
    }
    result.problem = std::move(problem_);
    return result;
  }

 private:
  bool done() const { return at_ >= line_.size(); }
  void skip_blanks() {
    while (!done() && is_blank(line_[at_])) ++at_;
  }
  void note(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  /// A quoted, bracketed or bare word. An opening without its end is noted and taken as bare text.
  std::string take(bool stop_at_equals) {
    if (done()) return {};
    const std::size_t start = at_;
    std::string word;
    const char open = line_[at_];
    // After one opening without an end there is no telling what belongs together, and looking for
    // the end of each further one would cost the square of the line's length.
    if (!unclosed_ && (open == '"' || open == '\'')) {
      if (quoted(open, word)) return word;
    } else if (!unclosed_ && !stop_at_equals && (open == '{' || open == '[')) {
      if (bracketed(word)) return word;
    }
    at_ = start;
    word.clear();
    while (!done() && !is_blank(line_[at_]) && !(stop_at_equals && line_[at_] == '=')) {
      word += line_[at_++];
    }
    return word;
  }

  bool quoted(char quote, std::string& word) {
    const std::size_t start = at_++;
    for (; !done() && line_[at_] != quote; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size()) {
        ++at_;
        word += line_[at_] == 'n' ? '\n' : line_[at_];
      } else {
        word += line_[at_];
      }
    }
    return closed(start);
  }

  bool bracketed(std::string& word) {
    const std::size_t start = at_++;
    int depth = 1;
    for (; !done(); ++at_) {
      const char c = line_[at_];
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0) break;
      word += c;
    }
    return closed(start);
  }

  /// Steps over the closing character, if there is one.
  bool closed(std::size_t start) {
    if (done()) {
      unclosed_ = true;
      note("no end of " + shown(line_.substr(start)));
      return false;
    }
    ++at_;
    if (!done() && !is_blank(line_[at_]) && line_[at_] != '=') {
      note("no blank after " + shown(line_.substr(start, at_ - start)));
    }
    return true;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  bool unclosed_ = false;
  std::string problem_;
};

}  // namespace

KeyValues parse_key_values(std::string_view line) { return Parser(line).parse(); }

}  // namespace fusemd
