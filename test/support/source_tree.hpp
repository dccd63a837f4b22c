// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace fusemd::test {

// Where the sources lie is compiled into one file alone, so that a compiler cache serves every
// clone.

/// Absolute path of a file of this source tree: source_path("weights/tiny.json").
std::string source_path(const std::string& relative);

/// The folder of test data from outside the project (FUSEMD_SHARED_DIR of CMake); it need not
/// exist.
std::filesystem::path shared_directory();

}  // namespace fusemd::test
