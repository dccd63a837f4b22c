// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd {

/// What `fusemd train --out MODEL.json` leaves behind: the model and the folder MODEL.train.
struct TrainFolder {
  explicit TrainFolder(const std::string& model_path);

  std::string model;  ///< the best by validation
  std::string path;

  std::string config() const { return path + "/train.json"; }
  std::string curve() const { return path + "/curve.csv"; }
  std::string picture() const { return path + "/curve.svg"; }
  std::string last() const { return path + "/last.json"; }
  std::string checkpoint() const { return path + "/checkpoint"; }

  /// Makes the folder. Files of an earlier training are removed if `overwrite` says so; other files
  /// in it are never touched. With `resume` they are what is wanted.
  ///
  /// Errors   OutputError: an earlier training is there and neither flag is set; the folder cannot
  ///          be made or written.
  void prepare(bool overwrite, bool resume) const;
};

}  // namespace fusemd
