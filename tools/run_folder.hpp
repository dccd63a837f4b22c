// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd {

/// The folder that a run leaves behind.
struct RunFolder {
  std::string path;

  std::string config() const { return path + "/run.json"; }
  std::string log() const { return path + "/log.csv"; }
  std::string trajectory() const { return path + "/trajectory.xyz"; }
  std::string summary() const { return path + "/summary.json"; }

  /// Makes the folder, or takes an existing one. Files of an earlier run in it are removed if
  /// `overwrite` says so; files that are not a run's are never touched.
  ///
  /// Errors   OutputError: an earlier run is there and `overwrite` is false; the folder cannot be
  ///          made or written.
  void prepare(bool overwrite) const;
};

}  // namespace fusemd
