// SPDX-License-Identifier: MIT
#include "host/model_path.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "weights/error.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd {
namespace {

namespace fs = std::filesystem;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::vector<std::string> model_folders() {
  std::vector<fs::path> candidates;
  if (const char* variable = std::getenv("FUSEMD_MODELS")) {
    std::string_view rest = variable;
    while (!rest.empty()) {
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      if (colon > 0) candidates.emplace_back(rest.substr(0, colon));
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  std::error_code error;
  // The build tree has the same bin/ and share/ as an installation, so this finds models in both.
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) candidates.push_back(program.parent_path().parent_path() / "share/fusemd/models");

  std::vector<std::string> folders;
  for (const fs::path& candidate : candidates) {
    if (fs::is_directory(candidate, error)) folders.push_back(candidate.string());
  }
  return folders;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const std::string& folder : model_folders()) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool is_model_path(const std::string& name) {
  return name.find('/') != name.npos || name.ends_with(".json");
}

std::string find_model(const std::string& name) {
  if (is_model_path(name)) return name;
  for (const std::string& folder : model_folders()) {
    const fs::path path = fs::path(folder) / (name + ".json");
    std::error_code error;
    if (fs::exists(path, error)) return path.string();
  }

  const std::vector<std::string> names = model_names();
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string near = nearest_name(name, known);
  InputErrorParts parts;
  parts.problem = "there is no model of the name \"" + name + "\"";
  parts.expected = names.empty() ? "a path to a model file: no folder with models was found"
                                 : "a path to a model file, or one of " + joined(names);
  parts.hint = !near.empty()   ? "did you mean " + near + "?"
               : names.empty() ? "FUSEMD_MODELS=FOLDER names a folder with models"
                               : "a path contains '/' or ends in .json";
  throw InputError(parts);
}

}  // namespace fusemd
