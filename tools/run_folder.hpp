// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tools/folder_lock.hpp"

namespace fusemd {

/// The folder that a run leaves behind.
struct RunFolder {
  std::string path;

  std::string config() const { return path + "/run.json"; }
  std::string log() const { return path + "/log.csv"; }
  std::string trajectory() const { return path + "/trajectory.xyz"; }
  /// How far the members of a committee are apart, a row a frame.
  std::string committee() const { return path + "/committee.csv"; }
  std::string summary() const { return path + "/summary.json"; }
  std::string exchange() const { return path + "/exchange.csv"; }
  /// The start, so that the folder is enough to repeat the run and to go on with it.
  static constexpr const char* kInput = "input.xyz";
  std::string input() const { return path + "/" + kInput; }
  /// The copy of a model that was given as a file, number k of `count`, in the folder.
  static std::string kept_model(std::size_t k, std::size_t count) {
    return count == 1 ? "model.json" : "model-" + std::to_string(k + 1) + ".json";
  }

  /// Makes the folder, or takes an existing one, and keeps other runs out of it. Files of an
  /// earlier run in it are removed if `overwrite` says so, but for its input and its models, which
  /// the new run replaces or reads; files that are not a run's are never touched. `copies`: the
  /// paths of the input and of models that the new run will put there.
  ///
  /// Errors   OutputError: an earlier run is there and `overwrite` is false; another run is writing
  ///          into it; the folder cannot be made or written.
  std::unique_ptr<FolderLock> prepare(bool overwrite, const std::vector<std::string>& copies) const;

  /// For going on with the run that is there. Errors as above.
  std::unique_ptr<FolderLock> reopen() const;
};

}  // namespace fusemd
