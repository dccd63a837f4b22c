// SPDX-License-Identifier: MIT
#include "benchmarks/report/report_file.hpp"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "benchmarks/json_file.hpp"

namespace fusemd::benchmarks {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "fusemd-bench-report";

Json to_json(const Summary& summary) {
  return {{"median", summary.median},
          {"p1", summary.p1},
          {"p99", summary.p99},
          {"spread", summary.spread},
          {"windows", summary.count}};
}

/// JSON has no NaN: null stands for it.
double number(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Summary summary_of(const Json& value) {
  return {number(value.at("median")), number(value.at("p1")), number(value.at("p99")),
          number(value.at("spread")), value.at("windows").get<std::size_t>()};
}

Json to_json(const ModelReport& model) {
  Json json;
  json["name"] = model.name;
  json["channels"] = model.channels;
  json["layers"] = model.layers;
  json["parameters"] = model.parameters;
  json["live_parameters"] = model.live_parameters;
  json["file_bytes"] = model.file_bytes;
  json["latency"] = {{"fresh_seconds", to_json(model.fresh_seconds)},
                     {"repeated_seconds", to_json(model.repeated_seconds)}};
  json["dynamics"] = {{"steps_per_second", to_json(model.step_rate)},
                      {"steps_per_second_per_gflops", to_json(model.step_rate_per_peak)},
                      {"share_of_peak", model.share_of_peak}};
  json["conservation"] = {{"picoseconds", model.drift_picoseconds},
                          {"drift_meV_per_atom_per_ps", model.drift},
                          {"drift_error", model.drift_error},
                          {"fluctuation_meV_per_atom", model.fluctuation},
                          {"curve_ps_meV_per_atom", model.energy_curve}};
  json["process"] = {{"start_seconds", to_json(model.start_seconds)},
                     {"peak_bytes", model.peak_bytes},
                     {"bytes_a_replica", model.bytes_a_replica}};
  json["batch"] = Json::array();
  for (const BatchPoint& point : model.batch) {
    json["batch"].push_back({{"replicas", point.replicas},
                             {"threads", point.threads},
                             {"replica_steps_per_second", to_json(point.rate)}});
  }
  json["scaling"] = Json::array();
  for (const ScalingPoint& point : model.scaling) {
    json["scaling"].push_back({{"atoms", point.atoms},
                               {"pairs", point.pairs},
                               {"threads", point.threads},
                               {"seconds", to_json(point.seconds)}});
  }
  return json;
}

ModelReport model_of(const Json& json) {
  ModelReport model;
  model.name = json.at("name");
  model.channels = json.at("channels");
  model.layers = json.at("layers");
  model.parameters = json.at("parameters");
  model.live_parameters = json.at("live_parameters");
  model.file_bytes = json.at("file_bytes");
  model.fresh_seconds = summary_of(json.at("latency").at("fresh_seconds"));
  model.repeated_seconds = summary_of(json.at("latency").at("repeated_seconds"));
  const Json& dynamics = json.at("dynamics");
  model.step_rate = summary_of(dynamics.at("steps_per_second"));
  model.step_rate_per_peak = summary_of(dynamics.at("steps_per_second_per_gflops"));
  model.share_of_peak = number(dynamics.at("share_of_peak"));
  const Json& conservation = json.at("conservation");
  model.drift_picoseconds = number(conservation.at("picoseconds"));
  model.drift = number(conservation.at("drift_meV_per_atom_per_ps"));
  model.drift_error = number(conservation.at("drift_error"));
  model.fluctuation = number(conservation.at("fluctuation_meV_per_atom"));
  for (const Json& point : conservation.at("curve_ps_meV_per_atom")) {
    model.energy_curve.emplace_back(number(point.at(0)), number(point.at(1)));
  }
  const Json& process = json.at("process");
  model.start_seconds = summary_of(process.at("start_seconds"));
  model.peak_bytes = number(process.at("peak_bytes"));
  model.bytes_a_replica = number(process.at("bytes_a_replica"));
  for (const Json& point : json.at("batch")) {
    model.batch.push_back({point.at("replicas"), point.at("threads"),
                           summary_of(point.at("replica_steps_per_second"))});
  }
  for (const Json& point : json.at("scaling")) {
    model.scaling.push_back({point.at("atoms"), point.at("pairs"), point.at("threads"),
                             summary_of(point.at("seconds"))});
  }
  return model;
}

}  // namespace

std::string report_json(const MeasuredReport& report) {
  const ReportSetting& setting = report.setting;
  Json json;
  json["format"] = kFormat;
  json["version"] = 1;
  json["fusemd"] = setting.version;
  json["commit"] = setting.commit;
  json["date"] = setting.date;
  json["command"] = setting.command;
  json["machine"] = setting.machine;
  json["instruction_set"] = setting.instruction_set;
  json["threads"] = setting.threads;
  json["fma_peak_gflops"] = setting.fma_peak;
  json["seconds"] = setting.seconds;
  json["quick"] = setting.quick;
  json["models"] = Json::array();
  for (const ModelReport& model : report.models) json["models"].push_back(to_json(model));
  return json.dump(1) + "\n";
}

MeasuredReport read_report(const std::string& path) {
  const JsonFile file{.path = path,
                      .format = kFormat,
                      .expected = "a report.json of fusemd-bench report",
                      .hint = {}};
  try {
    const auto json = Json::parse(json_text(file));
    MeasuredReport report;
    ReportSetting& setting = report.setting;
    setting.version = json.at("fusemd");
    setting.commit = json.at("commit");
    setting.date = json.at("date");
    setting.command = json.at("command");
    setting.machine = json.at("machine");
    setting.instruction_set = json.at("instruction_set");
    setting.threads = json.at("threads");
    setting.fma_peak = number(json.at("fma_peak_gflops"));
    setting.seconds = number(json.at("seconds"));
    setting.quick = json.at("quick");
    for (const Json& model : json.at("models")) report.models.push_back(model_of(model));
    return report;
  } catch (const nlohmann::json::exception& error) {
    throw refusal(file, error.what());
  }
}

}  // namespace fusemd::benchmarks
