// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "weights/error.hpp"

namespace fusemd::benchmarks {

/// A JSON file that a program of this project has written.
struct JsonFile {
  std::string path;
  std::string format;    ///< what its key "format" says; empty: it has none
  std::string expected;  ///< words for messages
  std::string hint;      ///< likewise, may be empty
};

/// What is wrong with it, to be thrown.
InputError refusal(const JsonFile& file, const std::string& problem);

/// The whole file.
/// Errors   InputError: it cannot be read, is no JSON object, or of another format.
std::string json_text(const JsonFile& file);

}  // namespace fusemd::benchmarks
