// SPDX-License-Identifier: MIT
#include "host/io/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

namespace fusemd {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/// std::from_chars for tokens that it takes as they are.
std::optional<double> parse_plain_real(std::string_view token) {
  double value = 0.0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) {
    // The library does not say which end of the range was passed. strtod does, and is slow.
    return std::strtod(std::string(token).c_str(), nullptr);
  }
  return value;
}

}  // namespace

void append_real(std::string& text, double value) {
  std::array<char, 32> digits;
  const auto [stop, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(error);  // 32 characters hold the shortest form of any double
  const std::string_view written(digits.data(), static_cast<std::size_t>(stop - digits.data()));
  text += written;
  if (value == std::trunc(value) && written.find_first_of(".en") == written.npos) text += ".0";
}

void append_integer(std::string& text, std::int64_t value) {
  std::array<char, 24> digits;
  const auto [stop, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(error);
  text.append(digits.data(), stop);
}

std::optional<double> parse_real(std::string_view token) {
  if (token.empty()) return {};
  if (token.front() == '+') {
    token.remove_prefix(1);
    if (token.empty() || token.front() == '-' || token.front() == '+') return {};
  }
  if (const auto value = parse_plain_real(token)) return value;
  const std::size_t exponent = token.find_first_of("dD");
  if (exponent == token.npos || token.size() > 64) return {};
  std::array<char, 64> copy;
  std::copy(token.begin(), token.end(), copy.begin());
  copy[exponent] = 'e';
  return parse_plain_real({copy.data(), token.size()});
}

std::optional<std::int64_t> parse_integer(std::string_view token) {
  if (token.starts_with('+') && token.size() > 1 && token[1] != '-') token.remove_prefix(1);
  std::int64_t value = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, value);
  if (token.empty() || stop != end || error != std::errc{}) return {};
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view next_word(std::string_view& rest) {
  const char* const end = rest.data() + rest.size();
  const char* first = rest.data();
  while (first != end && is_blank(*first)) ++first;
  const char* last = first;
  while (last != end && !is_blank(*last)) ++last;
  rest = {last, static_cast<std::size_t>(end - last)};
  return {first, static_cast<std::size_t>(last - first)};
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t k = 0; k < text.size() && k < kLongest; ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    if (text[k] == '\t') {
      result += "\\t";
    } else if (text[k] == '\r') {
      result += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\x";
      result += kHex[byte >> 4U];
      result += kHex[byte & 15U];
    } else {
      result += text[k];
    }
  }
  return result + (text.size() > kLongest ? "\" ..." : "\"");
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace fusemd
