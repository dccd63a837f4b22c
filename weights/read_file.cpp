// SPDX-License-Identifier: MIT
#include "weights/read_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "weights/error.hpp"

namespace fusemd {

std::string read_whole_file(const std::string& path,
                            std::size_t most,
                            const std::string& expected) {
  const auto refuse = [&](std::string problem, std::string found, std::string hint) {
    throw InputError(
        {path, 0, {}, std::move(problem), expected, std::move(found), std::move(hint)});
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    refuse("cannot be read", "a directory", "name a file in it");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) refuse("cannot be opened", std::strerror(errno), "check the path and its permissions");

  // By size first, in pieces after that: pipes have none, and files may grow.
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  const std::size_t known = ignored ? 0 : static_cast<std::size_t>(size);
  const auto require_acceptable = [&](std::size_t n) {
    if (n <= most) return;
    refuse("too large", "more than " + std::to_string(most >> 20) + " MiB",
           "is this " + expected + "?");
  };
  require_acceptable(known);
  const std::size_t piece = std::max<std::size_t>(known + 1, std::size_t{1} << 16);
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + piece);
    text.resize(before + std::fread(text.data() + before, 1, piece, file.get()));
    require_acceptable(text.size());
    if (text.size() < before + piece) break;
  }
  if (std::ferror(file.get()) != 0) refuse("cannot be read", std::strerror(errno), "");
  return text;
}

}  // namespace fusemd
