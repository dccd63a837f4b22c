// SPDX-License-Identifier: MIT
#include "tools/run_folder.hpp"

#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "weights/error.hpp"

namespace fusemd {

void RunFolder::prepare(bool overwrite) const {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    throw OutputError(path +
                      ": is a file, and a run needs a folder\n  hint:     --out FOLDER names one");
  }
  // A restart file is the only one of a run's that this program does not write itself.
  const std::string restart = path + "/restart.json";
  for (const std::string& file : {config(), log(), trajectory(), summary(), restart}) {
    if (!fs::exists(fs::symlink_status(file, error))) continue;
    if (!overwrite) {
      throw OutputError(
          path + ": holds an earlier run (" + fs::path(file).filename().string() +
          ")\n  hint:     --out FOLDER chooses another place, --overwrite replaces the run");
    }
    if (!fs::remove(file, error)) {
      throw OutputError(file + ": cannot be replaced: " + error.message());
    }
  }
  fs::create_directories(path, error);
  if (error) throw OutputError(path + ": cannot make the folder: " + error.message());
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw OutputError(path + ": no permission to write into this folder");
  }
}

}  // namespace fusemd
