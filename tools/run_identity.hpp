// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/structure.hpp"
#include "tools/options.hpp"
#include "tools/run_options.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// What a run computes with besides its options, as hexadecimal hashes (host/input_hash.hpp).
struct RunIdentity {
  std::string models;  ///< of each one, separated by commas
  std::string input;
};
RunIdentity run_identity(const std::vector<Model>& models,
                         const std::vector<Structure>& structures);

/// Refuses a model or an input that is not the one that --model-hash or --input-hash says. Where
/// the command line names another model or input, the configuration's hash does not count.
///
/// Errors   InputError with both hashes.
void check_identity(const RunIdentity& identity,
                    const Options& options,
                    const RunOptions& run,
                    const std::string& model_path);

}  // namespace fusemd
