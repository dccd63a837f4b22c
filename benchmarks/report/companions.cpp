// SPDX-License-Identifier: MIT
#include "benchmarks/report/companions.hpp"

#include <limits>

#include <nlohmann/json.hpp>

#include "benchmarks/json_file.hpp"

namespace fusemd::benchmarks {
namespace {

using Json = nlohmann::json;

/// 0 where the key is missing, NaN where it is null.
double number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return 0.0;
  return found->is_null() ? std::numeric_limits<double>::quiet_NaN() : found->get<double>();
}

}  // namespace

PeersReport read_peers(const std::string& path) {
  const JsonFile file{.path = path,
                      .format = "fusemd-bench-peers",
                      .expected = "a file written by benchmarks/peers/run.py",
                      .hint = {}};
  try {
    const auto json = Json::parse(json_text(file));
    PeersReport report;
    report.machine = json.at("machine");
    report.date = json.at("date");
    report.commit = json.at("commit");
    report.command = json.at("command");
    for (const Json& row : json.at("rows")) {
      PeerRow one;
      one.model = row.at("model");
      one.peer = row.at("peer");
      one.threads = row.at("threads");
      one.ours = row.value("ours", false);
      one.steps_per_second = number(row, "steps_per_second");
      one.spread = number(row, "spread");
      one.microseconds_a_call = number(row, "microseconds_a_call");
      one.batch_per_second = number(row, "batch_per_second");
      one.force_error = number(row, "force_error");
      one.memory_bytes = number(row, "memory_bytes");
      one.install_bytes = number(row, "install_bytes");
      one.start_seconds = number(row, "start_seconds");
      report.rows.push_back(std::move(one));
    }
    for (const auto& [name, text] : json.at("descriptions").items()) {
      report.descriptions.emplace_back(name, text);
    }
    for (const auto& [name, text] : json.at("missing").items()) {
      report.missing.emplace_back(name, text);
    }
    return report;
  } catch (const nlohmann::json::exception& error) {
    throw refusal(file, error.what());
  }
}

AccuracyRow read_accuracy(const std::string& path) {
  const JsonFile file{.path = path,
                      .format = {},
                      .expected = "a file written by fusemd validate --json",
                      .hint = {}};
  try {
    const auto json = Json::parse(json_text(file));
    AccuracyRow row;
    row.model = json.at("model");
    row.data = json.at("reference");
    row.force_mae = json.at("forces").at("force_mae_eV_per_Angstrom");
    row.force_r2 = json.at("forces").at("force_r2");
    row.energy_mae = 1e3 * json.at("energy_mae_without_offset_eV_per_atom").get<double>();
    return row;
  } catch (const nlohmann::json::exception& error) {
    throw refusal(file, error.what());
  }
}

}  // namespace fusemd::benchmarks
