// SPDX-License-Identifier: MIT
#include "tools/run_folder.hpp"

#include <filesystem>
#include <system_error>
#include <vector>

#include "host/io/restart_file.hpp"
#include "tools/failed_frames.hpp"
#include "tools/output_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {

std::unique_ptr<FolderLock> RunFolder::prepare(bool overwrite,
                                               const std::vector<std::string>& copies) const {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    throw OutputError(path +
                      ": is a file, and a run needs a folder\n  hint:     --out FOLDER names one");
  }
  make_output_folder(path);
  auto lock = std::make_unique<FolderLock>(path);
  std::vector<std::string> files = {config(),    log(),      trajectory(),
                                    committee(), exchange(), summary()};
  for (const std::string& file : RestartFiles(path).paths()) files.push_back(file);
  const std::size_t removed = files.size();
  files.insert(files.end(), copies.begin(), copies.end());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string& file = files[i];
    if (!is_there(file)) continue;
    if (!overwrite) {
      throw OutputError(path + ": holds an earlier run (" + fs::path(file).filename().string() +
                        ")\n  hint:     --out FOLDER chooses another place, --continue FOLDER "
                        "goes on with the run, --overwrite replaces it");
    }
    // A copy may be the only one of what the new run starts from: replaced at once, or not at all.
    if (i < removed) remove_earlier(file);
  }
  if (overwrite) remove_failed_frames(path);
  return lock;
}

std::unique_ptr<FolderLock> RunFolder::reopen() const {
  auto lock = std::make_unique<FolderLock>(path);
  make_output_folder(path);
  return lock;
}

}  // namespace fusemd
