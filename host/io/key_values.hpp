// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fusemd {

/// One `key=value` of an extended XYZ comment line; a word without "=" is a key with value "T".
struct KeyValue {
  std::string key;
  std::string value;  ///< without its quotes or outer brackets, escapes resolved
};

struct KeyValues {
  std::vector<KeyValue> entries;
  std::string problem;  ///< first place that is not key=value text; empty: none
};

/// Splits the second line of an extended XYZ frame.
///
/// Values are bare words, "quoted" or 'quoted' (backslash escapes the next character, \n is a line
/// feed), or bracketed {1 2 3} and [[1, 0], [0, 1]]; blanks around "=" are allowed.
///
/// Source   libAtoms/extxyz, README.md, "Key-value pairs"; single quotes as ASE takes them.
/// Errors   none thrown: any line gives entries, because in a plain XYZ file the line is free text.
///          What a file that claims to be extended XYZ must not contain is named in `problem`.
KeyValues parse_key_values(std::string_view line);

}  // namespace fusemd
