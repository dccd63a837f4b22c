// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace fusemd {

/// All bytes of a file that a model is read from. `expected` says in a message what it should be
/// ("a model file").
///
/// Work     one allocation of the file's size; what is larger than `most` bytes is refused before
///          it is read, or, where the size is not known beforehand (a pipe), as soon as it shows.
/// Errors   InputError naming the file: a directory, not readable, too large.
std::string read_whole_file(const std::string& path, std::size_t most, const std::string& expected);

}  // namespace fusemd
