// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd {

/// Makes the folder and those above it, where they are missing; each new one is on the disk then.
/// Errors   OutputError: it cannot be made, or nothing can be written into it.
void make_output_folder(const std::string& path);

/// Whether there is anything of this name, a dangling link included.
bool is_there(const std::string& path);

/// Errors   OutputError: it cannot be removed.
void remove_earlier(const std::string& file);

}  // namespace fusemd
