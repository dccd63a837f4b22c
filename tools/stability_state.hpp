// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

#include "host/validate/stability.hpp"
#include "tools/validate_options.hpp"

namespace fusemd {

/// Finished stability runs in a file, so that a long validation goes on where it was stopped.
///
/// The file says for which model (by its bytes), engine and settings they hold.
/// Errors   InputError: it is no such file, or belongs to another model or other settings;
///          OutputError: it cannot be written.
class StabilityState {
 public:
  /// `path` may be empty: then nothing is kept.
  StabilityState(std::string path, const std::string& model_path, const ValidateOptions& options);

  /// The result of a molecule, or null if it is still to be run.
  const validate::Stability* find(const std::string& molecule) const;

  void keep(const std::string& molecule, const validate::Stability& stability);

 private:
  void read();
  std::string path_, belongs_to_;
  std::map<std::string, validate::Stability> done_;
};

}  // namespace fusemd
