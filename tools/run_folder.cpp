// SPDX-License-Identifier: MIT
#include "tools/run_folder.hpp"

#include <filesystem>
#include <system_error>

#include "tools/output_folder.hpp"
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
    if (!is_there(file)) continue;
    if (!overwrite) {
      throw OutputError(
          path + ": holds an earlier run (" + fs::path(file).filename().string() +
          ")\n  hint:     --out FOLDER chooses another place, --overwrite replaces the run");
    }
    remove_earlier(file);
  }
  make_output_folder(path);
}

}  // namespace fusemd
