// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fusemd {

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

/// 1234567 as "1,234,567".
std::string with_commas(std::int64_t value);

/// Seconds as people read them: "0.4 s", "12 s", "3:05 min", "2:03:04 h".
std::string duration(double seconds);

/// "a,b" as {"a", "b"}; empty names are left out.
std::vector<std::string> names_in(const std::string& list);

/// Breaks text at blanks so that lines have at most `width` characters, each continued line
/// indented.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width = 100);

}  // namespace fusemd
