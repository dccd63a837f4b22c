// SPDX-License-Identifier: MIT
#include "host/io/summary.hpp"

#include <nlohmann/json.hpp>

#include "host/io/atomic_file.hpp"

namespace fusemd {
namespace {

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

RunRates run_rates(const RunSummary& summary) {
  if (!(summary.wall_seconds > 0.0) || summary.steps <= 0) return {};
  constexpr double kSecondsPerDay = 86400.0;
  constexpr double kNanosecondsPerFs = 1e-6;
  const double steps_per_second = static_cast<double>(summary.steps) / summary.wall_seconds;
  return {.steps_per_second = steps_per_second,
          .microseconds_per_step = 1e6 / steps_per_second,
          .nanoseconds_per_day =
              steps_per_second * kSecondsPerDay * summary.timestep * kNanosecondsPerFs,
          .atom_steps_per_second = steps_per_second * static_cast<double>(summary.atoms)};
}

std::string summary_json(const RunSummary& summary) {
  const RunRates rates = run_rates(summary);
  std::optional<double> slope, error, rms;
  if (summary.drift) {
    slope = summary.drift->slope;
    error = summary.drift->standard_error;
    rms = summary.drift->rms;
  }
  nlohmann::ordered_json failed = nlohmann::ordered_json::array();
  for (const FailedReplica& failure : summary.failed_replicas) {
    failed.push_back(
        {{"replica", failure.replica}, {"step", failure.step}, {"reason", failure.reason}});
  }
  nlohmann::ordered_json outside = nlohmann::ordered_json::array();
  for (const Extrapolation& pair : summary.extrapolations) {
    outside.push_back({{"elements", pair.elements},
                       {"closest_Angstrom", pair.closest},
                       {"first_step", pair.first_step},
                       {"first_replica", pair.replica},
                       {"steps_seen", pair.looks}});
  }
  nlohmann::ordered_json exchanges = nlohmann::ordered_json::array();
  for (const ExchangeShare& pair : summary.exchanges) {
    exchanges.push_back({{"temperatures_K", {pair.low, pair.high}},
                         {"attempts", pair.attempts},
                         {"accepted", pair.accepted}});
  }
  const nlohmann::ordered_json json = {
      {"format", "fusemd-summary"},
      {"format_version", 1},
      {"model", summary.model},
      {"ensemble", summary.ensemble},
      {"timestep_fs", summary.timestep},
      {"steps", summary.steps},
      {"atoms", summary.atoms},
      {"replicas", summary.replicas},
      {"wall_seconds", summary.wall_seconds},
      {"steps_per_second", rates.steps_per_second},
      {"microseconds_per_step", rates.microseconds_per_step},
      {"nanoseconds_per_day", rates.nanoseconds_per_day},
      {"atom_steps_per_second", rates.atom_steps_per_second},
      {"drift_slope_meV_per_atom_per_ps", or_null(slope)},
      {"drift_slope_standard_error_meV_per_atom_per_ps", or_null(error)},
      {"drift_rms_meV_per_atom", or_null(rms)},
      {"mean_temperature_K", or_null(summary.mean_temperature)},
      {"temperature_standard_deviation_K", or_null(summary.temperature_standard_deviation)},
      {"device", summary.device},
      {"instruction_set", summary.instruction_set},
      {"filters", summary.filters},
      {"threads", summary.threads},
      {"waited_for_disk_seconds", summary.waited_for_disk_seconds},
      {"stopped", summary.stopped},
      {"failed_replicas", failed},
      {"outside_training", outside},
      {"exchanges", exchanges},
      {"version", summary.version},
      {"commit", summary.commit},
      {"build", summary.build},
  };
  // A model's name may hold any bytes that its file had: replaced rather than thrown at.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_summary(const std::string& path, const RunSummary& summary) {
  write_file_atomically(path, summary_json(summary));
}

}  // namespace fusemd
