// SPDX-License-Identifier: MIT
#include <cmath>

#include <nlohmann/json.hpp>

#include "host/io/summary.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/temporary_folder.hpp"

namespace fusemd {
namespace {

RunSummary example() {
  RunSummary summary;
  summary.model = "original";
  summary.ensemble = "nve";
  summary.timestep = 0.5;
  summary.steps = 20'000;
  summary.atoms = 24;
  summary.replicas = 2;
  summary.wall_seconds = 4.0;
  summary.drift = EnergyDrift{-0.001, 0.0005, 0.25};
  summary.mean_temperature = 298.5;
  summary.device = "cpu";
  summary.threads = 2;
  return summary;
}

TEST_CASE("rates follow from steps, time and atoms") {
  const RunRates rates = run_rates(example());
  const test::Tolerance tolerance{0.0, 1e-15, "a few roundings"};
  test::require_close(rates.steps_per_second, 5000.0, tolerance);
  test::require_close(rates.microseconds_per_step, 200.0, tolerance);
  // 5000 steps/s of 0.5 fs are 2500 fs/s, 2.16e8 fs a day, 216 ns a day.
  test::require_close(rates.nanoseconds_per_day, 216.0, tolerance);
  test::require_close(rates.atom_steps_per_second, 120'000.0, tolerance);
  RunSummary nothing = example();
  nothing.steps = 0;
  CHECK(run_rates(nothing).microseconds_per_step == 0.0);
}

TEST_CASE("the summary is JSON, with units in its keys and null for what is unknown") {
  RunSummary summary = example();
  summary.drift->rms = std::nan("");
  summary.model = "bad \xff byte";
  const test::TemporaryFolder folder;
  write_summary(folder.file("summary.json"), summary);
  const auto json = nlohmann::json::parse(test::read_file(folder.file("summary.json")));
  CHECK(json.at("steps") == 20'000);
  CHECK(json.at("atoms") == 24);
  CHECK(json.at("timestep_fs") == 0.5);
  CHECK(json.at("nanoseconds_per_day") == run_rates(summary).nanoseconds_per_day);
  CHECK(json.at("drift_slope_meV_per_atom_per_ps") == -0.001);
  CHECK(json.at("drift_slope_standard_error_meV_per_atom_per_ps") == 0.0005);
  CHECK(json.at("drift_rms_meV_per_atom").is_null());
  CHECK(json.at("mean_temperature_K") == 298.5);
  CHECK(json.at("temperature_standard_deviation_K").is_null());
  CHECK(json.at("threads") == 2);
  for (const char* key :
       {"device", "instruction_set", "filters", "version", "commit", "build", "ensemble",
        "replicas", "wall_seconds", "steps_per_second", "microseconds_per_step",
        "atom_steps_per_second", "waited_for_disk_seconds"}) {
    INFO(key);
    CHECK(json.contains(key));
  }
}

}  // namespace
}  // namespace fusemd
