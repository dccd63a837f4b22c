// SPDX-License-Identifier: MIT
#include "benchmarks/micro/baseline.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "benchmarks/json_file.hpp"
#include "benchmarks/statistics.hpp"

namespace fusemd::benchmarks {
namespace {

constexpr const char* kFormat = "fusemd-bench-micro";

/// Three quarters of the blocks: what else runs on a machine makes blocks slower, never faster. A
/// NaN counts as slowest, and stays if there are more.
std::vector<double> fastest(std::vector<double> blocks) {
  std::sort(blocks.begin(), blocks.end(),
            [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; });
  blocks.resize((3 * blocks.size() + 3) / 4);
  return blocks;
}

}  // namespace

std::string to_json(const std::vector<MicroResult>& results, const Provenance& provenance) {
  nlohmann::ordered_json document;
  document["format"] = kFormat;
  document["version"] = 1;
  document["machine"] = provenance.machine;
  document["commit"] = provenance.commit;
  document["date"] = provenance.date;
  document["command"] = provenance.command;
  auto& cases = document["cases"] = nlohmann::ordered_json::array();
  for (const MicroResult& result : results) {
    nlohmann::ordered_json entry;
    entry["name"] = result.subject.name;
    entry["stage"] = result.subject.stage;
    entry["shape"] = result.subject.shape;
    entry["size"] = result.subject.size;
    entry["instruction_set"] = result.subject.set;
    entry["check"] = {{"error", result.check.error},
                      {"tolerance", result.check.tolerance},
                      {"passes", result.check.passes()},
                      {"against", result.check.against}};
    if (result.check.passes()) {
      entry["seconds"] = {{"median", result.seconds.median},
                          {"p1", result.seconds.p1},
                          {"spread", result.seconds.spread},
                          {"windows", result.seconds.count}};
      entry["floor"] = {{"seconds", result.floor},
                        {"flops", result.subject.work.flops},
                        {"bytes", result.subject.work.bytes},
                        {"working_set", result.subject.work.working_set},
                        {"peak_flops_per_second", result.peak_flops},
                        {"load_bytes_per_second", result.load_bandwidth},
                        {"working_set_bytes_per_second", result.bandwidth}};
      entry["wall_over_processor_time"] = result.wall_over_processor;
      entry["blocks_in_peak_flops"] = result.blocks;
    }
    cases.push_back(std::move(entry));
  }
  return document.dump(1) + "\n";
}

Baseline read_baseline(const std::string& path) {
  const JsonFile file{.path = path,
                      .format = kFormat,
                      .expected = "a file written by fusemd-bench micro --json",
                      .hint = "make one: fusemd-bench micro --json FILE"};
  try {
    const auto document = nlohmann::json::parse(json_text(file));
    Baseline baseline;
    baseline.provenance = {document.at("machine"), document.at("commit"), document.at("date"),
                           document.at("command")};
    for (const auto& entry : document.at("cases")) {
      if (!entry.contains("blocks_in_peak_flops")) continue;
      BaselineCase one{entry.at("name"), entry.at("blocks_in_peak_flops"),
                       entry.value("wall_over_processor_time", 1.0)};
      if (one.blocks.empty() || one.blocks.size() > 20) {
        throw InputError({.file = path,
                          .key = one.name,
                          .problem = std::to_string(one.blocks.size()) + " blocks",
                          .expected = "1 to 20 of a case"});
      }
      baseline.cases.push_back(std::move(one));
    }
    return baseline;
  } catch (const nlohmann::json::exception& error) {
    throw refusal(file, error.what());
  }
}

Comparison compare(const std::string& name,
                   const std::vector<double>& all_then,
                   const std::vector<double>& all_now,
                   std::size_t family) {
  const std::vector<double> then = fastest(all_then), now = fastest(all_now);
  Comparison result;
  result.name = name;
  result.ratio = median(now) / median(then);
  // Independent measurements multiply their probabilities.
  const double limit =
      std::min(0.01, std::pow(kFalseAlarms / static_cast<double>(std::max<std::size_t>(family, 1)),
                              1.0 / kMeasurements));
  result.probability = probability_not_above(then, now);
  result.slower = result.ratio >= 1.0 + kSmallestSlowdown && result.probability <= limit;
  const double other = probability_not_above(now, then);
  result.faster = result.ratio <= 1.0 / (1.0 + kSmallestSlowdown) && other <= limit;
  if (std::isnan(result.ratio)) result.slower = true;
  return result;
}

}  // namespace fusemd::benchmarks
