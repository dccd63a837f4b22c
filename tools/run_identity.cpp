// SPDX-License-Identifier: MIT
#include "tools/run_identity.hpp"

#include <cstdint>

#include "host/input_hash.hpp"
#include "tools/text_format.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::string hexadecimal(std::uint64_t value) {
  return formatted("%016llx", static_cast<unsigned long long>(value));
}

/// Whether `hash` speaks of what `option` names: they come from one place, or only the hash was
/// given by hand.
bool belongs_to(const char* hash, const char* option, const Options& options) {
  return !options.from_configuration(hash) || options.from_configuration(option);
}

}  // namespace

RunIdentity run_identity(const std::vector<Model>& models,
                         const std::vector<Structure>& structures) {
  RunIdentity identity;
  for (const Model& model : models) {
    identity.models += (identity.models.empty() ? "" : ",") + hexadecimal(model_hash(model));
  }
  identity.input = hexadecimal(structures_hash(structures));
  return identity;
}

void check_identity(const RunIdentity& identity,
                    const Options& options,
                    const RunOptions& run,
                    const std::string& model_path) {
  const auto compare = [](const std::string& expected, const std::string& found,
                          const std::string& file, const char* problem, const char* hint) {
    if (expected.empty() || expected == found) return;
    throw InputError({.file = file,
                      .problem = problem,
                      .expected = "the hash " + expected,
                      .found = found,
                      .hint = hint});
  };
  if (belongs_to("model-hash", run.committee.empty() ? "model" : "committee", options)) {
    compare(run.model_hash, identity.models, model_path,
            "not the model that the configuration was made with",
            "--model MODEL beside --config runs another one");
  }
  if (belongs_to("input-hash", "input", options)) {
    compare(run.input_hash, identity.input, run.input,
            "not the atoms, or not the start, that the configuration was made with",
            "--input FILE beside --config starts from others");
  }
}

}  // namespace fusemd
