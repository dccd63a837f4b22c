// SPDX-License-Identifier: MIT
#include "tools/kept_files.hpp"

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "host/io/extxyz_writer.hpp"
#include "host/model_path.hpp"
#include "tools/run_folder.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

namespace fs = std::filesystem;

/// The models of a committee, or the one model.
std::vector<std::string> names_of_models(const RunOptions& run) {
  return run.committee.empty() ? std::vector{run.model} : names_in(run.committee);
}

std::string extxyz_text(const std::vector<Structure>& structures) {
  std::string text;
  for (const Structure& structure : structures) append_extxyz(text, structure);
  return text;
}

/// Whether what the run reads is the copy itself: of a run that goes on or is made again.
bool is_there_already(const std::string& source, const std::string& copy) {
  std::error_code unlike;
  return source != "-" && fs::equivalent(source, copy, unlike);
}

/// A path that counts from where the configuration lies; an absolute one is what it was.
std::string beside_configuration(const Options& options, const std::string& path) {
  return (fs::path(options.configuration_path()).parent_path() / path).string();
}

}  // namespace

void find_kept_input(const Options& options, RunOptions& run) {
  if (!options.from_configuration("input") || !options.from_configuration("input-hash")) return;
  run.input = beside_configuration(options, run.input);
}

std::vector<std::string> model_paths(const Options& options, const RunOptions& run) {
  std::vector<std::string> paths = names_of_models(run);
  const bool of_a_run = options.from_configuration(run.committee.empty() ? "model" : "committee") &&
                        options.from_configuration("model-hash");
  for (std::size_t k = 0; k < paths.size(); ++k) {
    if (of_a_run && paths[k] == RunFolder::kept_model(k, paths.size())) {
      paths[k] = beside_configuration(options, paths[k]);
    } else {
      paths[k] = find_model(paths[k]);
    }
  }
  return paths;
}

std::vector<KeptFile> keep_files(RunOptions& run,
                                 const std::vector<std::string>& paths,
                                 const std::vector<Model>& models,
                                 const std::vector<Structure>& structures) {
  std::vector<KeptFile> lacking;
  const RunFolder folder{run.out};
  if (!is_there_already(run.input, folder.input())) {
    lacking.push_back({folder.input(), extxyz_text(structures)});
  }
  run.input = RunFolder::kInput;

  std::vector<std::string> names = names_of_models(run);
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (!is_model_path(names[k])) continue;
    names[k] = RunFolder::kept_model(k, names.size());
    const std::string copy = folder.path + "/" + names[k];
    if (!is_there_already(paths[k], copy)) lacking.push_back({copy, format_model(models[k])});
  }
  std::string& list = run.committee.empty() ? run.model : run.committee;
  list.clear();
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return lacking;
}

}  // namespace fusemd
