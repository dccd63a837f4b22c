// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd {

/// Which build of its commit this program is: the first 12 digits of the hash that the linker made
/// of everything in it (the ELF note NT_GNU_BUILD_ID). Programs of other sources, compilers or
/// flags have others. "unknown" if it was linked without.
std::string build_id();

}  // namespace fusemd
