// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/io/restart_file.hpp"
#include "tools/options.hpp"
#include "tools/run_identity.hpp"
#include "tools/run_report.hpp"

namespace fusemd {

/// `arguments`, with the configuration of the run behind them if they have --continue FOLDER.
/// Errors   UsageError: --config stands there, too.
std::vector<std::string> with_saved_configuration(std::vector<std::string> arguments);

/// Restart::description: options, hashes of models and input, engine, version.
std::string restart_description(const Options& options,
                                const RunDescription& run,
                                const RunIdentity& identity);

/// Compares the run that a checkpoint belongs to with the one that is to go on from it; both are
/// restart_description()s.
///
/// Returns  reasons why the bits may differ from those of an uninterrupted run: one sentence each.
/// Errors   another model, other atoms, an option that decides what is computed: UsageError or
///          InputError that names it.
std::vector<std::string> check_continued(const std::string& saved,
                                         const std::string& now,
                                         const Options& options,
                                         const std::string& model_path,
                                         const std::string& input_path);

}  // namespace fusemd
