// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/structure.hpp"
#include "tools/options.hpp"
#include "tools/run_options.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// A copy that a run's folder keeps of what the run began with.
struct KeptFile {
  std::string path;
  std::string text;
};

/// A configuration that a run has left behind is read from beside the input that the run kept:
/// its path counts from there. Paths of other configurations and of the command line stay as they
/// are.
void find_kept_input(const Options& options, RunOptions& run);

/// Where each model of the run is read: the committee's, or the one model. Copies that a run's
/// folder keeps are found beside its configuration, wherever the folder has been moved; other paths
/// and names of shipped models are what they were.
///
/// Errors   InputError: no shipped model has the name.
std::vector<std::string> model_paths(const Options& options, const RunOptions& run);

/// What the folder of the run needs to be enough for repeating it and lacks: the input, and models
/// that were given as files. Names these copies in `run` as its configuration shall.
///
/// Needs    `paths` and `models` as of model_paths(), `structures` as read from the input.
std::vector<KeptFile> keep_files(RunOptions& run,
                                 const std::vector<std::string>& paths,
                                 const std::vector<Model>& models,
                                 const std::vector<Structure>& structures);

}  // namespace fusemd
