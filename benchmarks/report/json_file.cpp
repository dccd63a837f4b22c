// SPDX-License-Identifier: MIT
#include "benchmarks/report/json_file.hpp"

#include <fstream>
#include <iterator>

#include "weights/error.hpp"

namespace fusemd::benchmarks {

std::string file_text(const std::string& path, const std::string& expected) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError({.file = path, .problem = "cannot be read", .expected = expected});
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace fusemd::benchmarks
