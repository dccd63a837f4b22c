// SPDX-License-Identifier: MIT
#include "tools/continued_run.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tools/usage_error.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using Json = nlohmann::ordered_json;

/// Options that may change from session to session. Model and input are compared by content.
constexpr std::array<std::string_view, 12> kFree = {
    "model",   "committee",        "input",  "model-hash",      "input-hash", "steps", "out",
    "threads", "checkpoint-every", "device", "instruction-set", "loop"};

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::vector<std::string> with_saved_configuration(std::vector<std::string> arguments) {
  constexpr std::string_view kFlag = "--continue";
  std::string folder;
  bool configured = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == kFlag && i + 1 < arguments.size()) folder = arguments[i + 1];
    if (argument.starts_with("--continue=")) folder = argument.substr(kFlag.size() + 1);
    configured = configured || argument == "--config" || argument.starts_with("--config=");
  }
  if (folder.empty()) return arguments;
  if (configured) {
    throw UsageError(
        "--config: has no meaning with --continue\n  hint:     the run's own configuration is "
        "read; "
        "flags win over it");
  }
  arguments.emplace_back("--config");
  arguments.push_back(folder + "/run.json");
  return arguments;
}

std::string restart_description(const Options& options,
                                const RunDescription& run,
                                const RunIdentity& identity) {
  const Json json = {
      {"format", "fusemd-restart"},
      {"format_version", 2},
      {"options", Json::parse(options.resolved())},
      {"model_name", run.model_name},
      {"model_hash", identity.models},
      {"atoms", run.composition},
      {"structures", run.structures},
      {"input_hash", identity.input},
      {"device", run.device},
      {"instruction_set", run.instruction_set},
      {"filters", run.filters},
      {"version", run.version},
      {"commit", run.commit},
      {"build", run.build},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> check_continued(const std::string& saved_text,
                                         const std::string& now_text,
                                         const Options& options,
                                         const std::string& model_path,
                                         const std::string& input_path) {
  const Json saved = Json::parse(saved_text), now = Json::parse(now_text);
  for (const auto& [key, value] : saved["options"].items()) {
    if (std::find(kFree.begin(), kFree.end(), key) != kFree.end()) continue;
    const auto& its = now["options"];
    if (!its.contains(key) || its[key] == value) continue;
    options.refuse(key, "a continued run keeps this option, and " + shown(its[key]) + " is another",
                   shown(value), "--out FOLDER without --continue starts another run");
  }
  const auto refuse_input = [&](const std::string& file, const char* problem, const char* words,
                                const char* hash) {
    throw InputError({.file = file,
                      .problem = problem,
                      .expected = shown(saved[words]) + " (" + shown(saved[hash]) + ")",
                      .found = shown(now[words]) + " (" + shown(now[hash]) + ")",
                      .hint = "a continued run needs exactly what it started with"});
  };
  if (saved["model_hash"] != now["model_hash"]) {
    refuse_input(model_path, "not the model that the run began with", "model_name", "model_hash");
  }
  if (saved["input_hash"] != now["input_hash"] || saved["structures"] != now["structures"]) {
    refuse_input(input_path, "not the atoms, or not the start, that the run began with", "atoms",
                 "input_hash");
  }

  std::vector<std::string> reasons;
  const auto compare = [&](const std::string& words, const std::string& then,
                           const std::string& today) {
    if (then == today) return;
    reasons.push_back("the run began with " + words + " " + then + " and goes on with " + today +
                      ": its bits may differ from those of an uninterrupted run");
  };
  // One sentence for the program: two builds of a commit differ by its files, compiler or flags.
  const auto program = [](const Json& run) {
    const std::string id = run.contains("build") ? shown(run["build"]) : "unknown";
    return shown(run["version"]) + " (" + shown(run["commit"]) + ", build " + id + ")";
  };
  compare("fusemd", program(saved), program(now));
  compare("device", shown(saved["device"]), shown(now["device"]));
  compare("instruction set", shown(saved["instruction_set"]), shown(now["instruction_set"]));
  return reasons;
}

}  // namespace fusemd
