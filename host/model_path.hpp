// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace fusemd {

/// Folders that models are looked for in by name, in this order: those of the environment variable
/// FUSEMD_MODELS (separated by ':'), then share/fusemd/models beside the folder of the program that
/// runs. Only folders that exist.
std::vector<std::string> model_folders();

/// Names of the models in model_folders(), without .json, sorted, each once.
std::vector<std::string> model_names();

/// Whether a user names a model by its path (with '/' or ending in ".json").
bool is_model_path(const std::string& name);

/// The path of the model that a user names: a path (with '/' or ending in ".json") as it is,
/// anything else by its name in model_folders().
///
/// Errors   InputError naming the known models if there is none of this name; a path is not looked
/// at.
std::string find_model(const std::string& name);

}  // namespace fusemd
