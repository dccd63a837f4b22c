// SPDX-License-Identifier: MIT
#include "tools/output_folder.hpp"

#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "host/io/atomic_file.hpp"
#include "weights/error.hpp"

namespace fusemd {

namespace fs = std::filesystem;

void make_output_folder(const std::string& path) {
  fs::path so_far;
  for (const fs::path& name : fs::path(path)) {
    if (name.empty()) continue;  // behind a slash at the end
    const fs::path parent = so_far.empty() ? "." : so_far;
    so_far /= name;
    std::error_code error;
    const bool is_new = fs::create_directory(so_far, error);
    if (error) throw OutputError(path + ": cannot make the folder: " + error.message());
    if (is_new) sync_folder(parent.string());
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw OutputError(path + ": no permission to write into this folder");
  }
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

void remove_earlier(const std::string& file) {
  std::error_code error;
  if (!fs::remove(file, error)) {
    throw OutputError(file + ": cannot be replaced: " + error.message());
  }
}

}  // namespace fusemd
