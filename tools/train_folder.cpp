// SPDX-License-Identifier: MIT
#include "tools/train_folder.hpp"

#include "tools/output_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {

TrainFolder::TrainFolder(const std::string& model_path)
    : model(model_path), path(model_path.substr(0, model_path.size() - 5) + ".train") {}

void TrainFolder::prepare(bool overwrite, bool resume) const {
  if (!resume) {
    for (const std::string& file : {model, config(), curve(), picture(), last(), checkpoint()}) {
      if (!is_there(file)) continue;
      if (!overwrite) {
        throw OutputError(file +
                          ": there is an earlier model or training\n  hint:     --out chooses "
                          "another place, --overwrite replaces it, --resume goes on with it");
      }
      remove_earlier(file);
    }
  }
  make_output_folder(path);
}

}  // namespace fusemd
