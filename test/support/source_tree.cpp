// SPDX-License-Identifier: MIT
#include "test/support/source_tree.hpp"

namespace fusemd::test {

std::string source_path(const std::string& relative) { return FUSEMD_SOURCE_DIR "/" + relative; }

std::filesystem::path shared_path(const std::string& relative) {
  return std::filesystem::path(FUSEMD_SHARED_DIR) / relative;
}

}  // namespace fusemd::test
