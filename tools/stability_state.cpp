// SPDX-License-Identifier: MIT
#include "tools/stability_state.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "host/io/atomic_file.hpp"
#include "tools/output_folder.hpp"
#include "tools/text_format.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using Json = nlohmann::ordered_json;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// FNV-1a: tells files apart, guards against nothing.
std::string hash_of(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return formatted("%016llx", static_cast<unsigned long long>(hash));
}

}  // namespace

StabilityState::StabilityState(std::string path,
                               const std::string& model_path,
                               const ValidateOptions& options)
    : path_(std::move(path)) {
  if (path_.empty()) return;
  belongs_to_ = formatted(
      "model %s, reference %s, %lld replicas of %g ps at %g K, steps of %g fs, seed %lld, %s %s",
      hash_of(read_file(model_path)).c_str(), hash_of(read_file(options.reference)).c_str(),
      static_cast<long long>(options.stability_replicas), options.stability_time,
      options.stability_temperature, options.nve_timestep, static_cast<long long>(options.seed),
      options.engine.device.c_str(), options.engine.filters.c_str());
  if (is_there(path_)) read();
}

void StabilityState::read() {
  const Json json = Json::parse(read_file(path_), nullptr, false);
  try {
    if (json.is_discarded()) throw std::invalid_argument("not JSON");
    const std::string other = json.at("belongs_to");
    if (other != belongs_to_) {
      throw InputError({.file = path_,
                        .key = "belongs_to",
                        .problem = "the kept runs are of another model or other settings",
                        .expected = belongs_to_,
                        .found = other,
                        .hint = "--state with another name starts anew"});
    }
    for (const auto& [name, entry] : json.at("done").items()) {
      validate::Stability stability;
      stability.replicas = entry.at("replicas");
      stability.time = entry.at("time_ps");
      for (const Json& one : entry.at("unstable")) {
        stability.unstable.push_back({one.at("replica"), one.at("time_ps"), one.at("reason")});
      }
      done_[name] = std::move(stability);
    }
  } catch (const InputError&) {
    throw;
  } catch (const std::exception&) {
    throw InputError({.file = path_,
                      .problem = "not the state of a validation",
                      .expected = "a file that fusemd validate --state wrote",
                      .hint = "--state with another name starts anew"});
  }
}

const validate::Stability* StabilityState::find(const std::string& molecule) const {
  const auto entry = done_.find(molecule);
  return entry == done_.end() ? nullptr : &entry->second;
}

void StabilityState::keep(const std::string& molecule, const validate::Stability& stability) {
  if (path_.empty()) return;
  done_[molecule] = stability;
  Json json = {{"belongs_to", belongs_to_}, {"done", Json::object()}};
  for (const auto& [name, one] : done_) {
    Json list = Json::array();
    for (const validate::Instability& entry : one.unstable) {
      list.push_back(
          {{"replica", entry.replica}, {"time_ps", entry.time}, {"reason", entry.reason}});
    }
    json["done"][name] = {{"replicas", one.replicas}, {"time_ps", one.time}, {"unstable", list}};
  }
  write_file_atomically(path_, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace fusemd
