// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd::benchmarks {

/// The whole file.
/// Errors   InputError saying what was expected there: it cannot be read.
std::string file_text(const std::string& path, const std::string& expected);

}  // namespace fusemd::benchmarks
