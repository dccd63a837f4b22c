// SPDX-License-Identifier: MIT
#include "tools/train_folder.hpp"

#include <filesystem>
#include <system_error>
#include <unistd.h>

#include "weights/error.hpp"

namespace fusemd {

TrainFolder::TrainFolder(const std::string& model_path)
    : model(model_path), path(model_path.substr(0, model_path.size() - 5) + ".train") {}

void TrainFolder::prepare(bool overwrite, bool resume) const {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!resume) {
    for (const std::string& file : {model, config(), curve(), picture(), last(), checkpoint()}) {
      if (!fs::exists(fs::symlink_status(file, error))) continue;
      if (!overwrite) {
        throw OutputError(file +
                          ": there is an earlier model or training\n  hint:     --out chooses "
                          "another place, --overwrite replaces it, --resume goes on with it");
      }
      if (!fs::remove(file, error)) {
        throw OutputError(file + ": cannot be replaced: " + error.message());
      }
    }
  }
  fs::create_directories(path, error);
  if (error) throw OutputError(path + ": cannot make the folder: " + error.message());
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw OutputError(path + ": no permission to write into this folder");
  }
}

}  // namespace fusemd
