// SPDX-License-Identifier: MIT
#include "test/simt/cuts/barrier_sites.hpp"

#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace fusemd::cuts {

using executor::BarrierKind;

namespace {

struct BarrierName {
  std::string_view name;
  BarrierKind kind;
};

constexpr BarrierName kBarriers[] = {
    {"__syncthreads", BarrierKind::block},     {"__syncthreads_or", BarrierKind::block},
    {"__syncthreads_and", BarrierKind::block}, {"__syncthreads_count", BarrierKind::block},
    {"__syncwarp", BarrierKind::warp},         {"grid_barrier", BarrierKind::grid},
    {"team_barrier", BarrierKind::grid},       {"cluster_barrier", BarrierKind::grid},
};

/// The text with comments and the contents of literals blanked; lines stay where they are.
std::string without_comments_and_literals(std::string text) {
  enum class In { code, line_comment, block_comment, string, character };
  In in = In::code;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool separator = i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;
    switch (in) {
      case In::code:
        if (c == '/' && next == '/') in = In::line_comment;
        if (c == '/' && next == '*') in = In::block_comment;
        if (c == '"') in = In::string;
        if (c == '\'' && !separator) in = In::character;  // else a digit separator
        if (in == In::line_comment || in == In::block_comment) text[i] = ' ';
        break;
      case In::line_comment:
        if (c == '\n') {
          in = In::code;
        } else {
          text[i] = ' ';
        }
        break;
      case In::block_comment:
        if (c == '*' && next == '/') {
          text[i + 1] = ' ';
          in = In::code;
        }
        if (c != '\n') text[i] = ' ';
        break;
      case In::string:
      case In::character: {
        const char end = in == In::string ? '"' : '\'';
        if (c == '\\' && next != '\0') {
          text[i] = text[i + 1] = ' ';
          ++i;
        } else if (c == end) {
          in = In::code;
        } else {
          text[i] = ' ';
        }
        break;
      }
    }
  }
  return text;
}

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The identifier that ends before `at`, blanks skipped; empty if something else stands there.
std::string_view word_before(std::string_view code, std::size_t at) {
  while (at > 0 && std::isspace(static_cast<unsigned char>(code[at - 1])) != 0) --at;
  std::size_t begin = at;
  while (begin > 0 && is_identifier(code[begin - 1])) --begin;
  return code.substr(begin, at - begin);
}

/// Whether the line, with the lines that it continues, is a macro's definition.
bool in_macro(std::string_view code, std::size_t at) {
  std::size_t begin = code.rfind('\n', at);
  while (begin != std::string_view::npos && begin > 0 && code[begin - 1] == '\\') {
    begin = code.rfind('\n', begin - 1);
  }
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  const std::size_t first = code.find_first_not_of(" \t", begin);
  return first != std::string_view::npos && code[first] == '#';
}

}  // namespace

std::vector<BarrierSite> barrier_sites(const std::string& text, const std::string& file) {
  const std::string code = without_comments_and_literals(text);
  std::vector<BarrierSite> sites;
  unsigned line = 1;
  for (std::size_t at = 0; at < code.size(); ++at) {
    if (code[at] == '\n') ++line;
    if (!is_identifier(code[at]) || (at > 0 && is_identifier(code[at - 1]))) continue;
    std::size_t end = at;
    while (end < code.size() && is_identifier(code[end])) ++end;
    const std::string_view word(code.data() + at, end - at);
    for (const BarrierName& barrier : kBarriers) {
      if (word != barrier.name) continue;
      const std::size_t follows = code.find_first_not_of(" \t\n", end);
      if (follows == std::string::npos || code[follows] != '(') continue;
      const std::string_view before = word_before(code, at);
      if (before == "void" || before == "int") continue;  // its definition
      const std::string place = file + ":" + std::to_string(line);
      if (in_macro(code, at)) throw std::runtime_error(place + ": a barrier inside a macro");
      if (!sites.empty() && sites.back().line == line) {
        throw std::runtime_error(place + ": two barriers on one line");
      }
      sites.push_back({barrier.kind, std::string(word), file, line});
    }
  }
  return sites;
}

std::vector<BarrierSite> barrier_sites_of_file(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error("cannot read " + path);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return barrier_sites(text, path);
}

}  // namespace fusemd::cuts
