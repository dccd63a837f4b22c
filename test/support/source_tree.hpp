// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace fusemd::test {

// Where the sources lie is compiled into one file alone, so that a compiler cache serves every
// clone.

/// Absolute path of a file of this source tree: source_path("weights/tiny.json").
std::string source_path(const std::string& relative);

/// Reference data that lies beside the project (FUSEMD_SHARED_DIR of CMake):
/// "golden/tiny_float64.json" and the like. Guard its use with
/// available(std::filesystem::exists(path), ...).
std::filesystem::path shared_path(const std::string& relative);

}  // namespace fusemd::test
