// SPDX-License-Identifier: MIT
#include "tools/run_options.hpp"

#include <cctype>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "host/io/text.hpp"
#include "tools/text_format.hpp"
#include "tools/time_span.hpp"

namespace fusemd {
namespace {

// A step longer than this cannot follow a bond with hydrogen, whose period is about 10 fs.
constexpr double kLongestTimestep = 10.0;  // fs
// Molecules are plasma long before; a value beyond it is a slip of the pen.
constexpr double kHottest = 20'000.0;  // K
constexpr std::int64_t kMostReplicas = 100'000;
constexpr std::int64_t kMostSteps = 1'000'000'000'000;
constexpr std::int64_t kLargestSeed =
    9'007'199'254'740'991;  // 2^53 - 1: exact in every JSON reader

/// A whole number without a unit; nothing else.
std::optional<std::int64_t> checkpoint_steps(const std::string& text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.back())) != 0) return {};
  const auto value = parse_real(text);
  if (!value || !(*value >= 0.0) || *value > static_cast<double>(kMostSteps)) return {};
  const auto steps = static_cast<std::int64_t>(*value);
  return static_cast<double>(steps) == *value ? std::optional(steps) : std::nullopt;
}

}  // namespace

void RunOptions::declare(Options& options) {
  options.group("What to run");
  options.text("model", model, "MODEL",
               "name of a shipped model (fusemd info lists them) or a file");
  options.text("input", input, "FILE",
               "(extended) XYZ file; several frames: several starts; -: stdin");
  options.text("committee", committee, "MODELS",
               "two or more models, separated by commas, instead of --model: mean forces, and "
               "committee.csv tells for each frame how far they are apart");
  options.number("committee-limit", committee_limit, {0.0, 1e6, true}, "eV/Angstrom",
                 "deviation of an atom's forces that is too much; 0: none");
  options.choice("committee-action", committee_action, {"flag", "stop"},
                 "beyond the limit: mark the frame, or stop the replica at that step");
  options.text("model-hash", model_hash, "HASH",
               "refuse a model with another hash; run.json has that of the run's model");
  options.text("input-hash", input_hash, "HASH",
               "refuse an input with another hash; run.json has that of the run's input");
  options.config();

  options.group("Dynamics");
  options.choice("ensemble", ensemble, {"nve", "langevin", "csvr"},
                 "constant energy, Langevin (BAOAB), or stochastic velocity rescaling");
  options.integer("steps", steps, {0, kMostSteps}, "number of time steps");
  options.number("timestep", timestep, {0.0, kLongestTimestep, false}, "fs", "length of a step");
  options.numbers("temperature", temperature, {0.0, kHottest, true}, "K",
                  "of the start and of the thermostat; a list has one value a replica");
  options.choice("velocities", velocities, {"given", "exact", "canonical"},
                 "given: the input's where it has some, else exact; exact: drawn, then scaled to "
                 "the temperature; canonical: drawn");
  options.number("friction", friction, {0.0, 10.0, false}, "1/fs", "of the Langevin thermostat");
  options.number("coupling-time", coupling_time, {0.0, 1e6, false}, "fs", "of the CSVR thermostat");
  options.integer("replicas", replicas, {1, kMostReplicas}, "independent copies, run together");
  options.integer("first-replica", first_replica,
                  {0, std::numeric_limits<int>::max() - kMostReplicas},
                  "number of the first one: replica 17 alone is the same as among 100");
  options.integer("seed", seed, {0, kLargestSeed}, "of all random numbers");
  options.integer("exchange-every", exchange_every, {0, kMostSteps},
                  "steps between offers of neighbouring temperatures to change places (replica "
                  "exchange); 0: none");
  options.number("temperature-limit", temperature_limit, {0.0, 1e9, false}, "K",
                 "a replica that gets hotter is stopped");
  options.number("force-limit", force_limit, {0.0, 1e9, true}, "eV/A",
                 "a replica with a larger force on an atom is stopped; 0: no limit");
  options.number("energy-jump-limit", energy_jump_limit, {0.0, 1e9, true}, "eV",
                 "an atom: a replica whose conserved energy changes more in one step is stopped; "
                 "0: no limit");
  options.number("bond-limit", bond_limit, {0.0, 100.0, true}, "",
                 "sums of covalent radii: a replica with a longer bond is stopped (for example 2); "
                 "0: no limit");
  options.choice("outside-training", outside_training, {"warn", "stop", "ignore"},
                 "where atoms are closer than any of their elements were in the training data");

  options.group("Output");
  options.text("out", out, "FOLDER", "for the run's files; -: the trajectory to stdout, no folder");
  options.integer("log-every", log_every, {0, kMostSteps},
                  "steps between rows of log.csv; 0: none");
  options.integer("frame-every", frame_every, {0, kMostSteps},
                  "steps between frames of trajectory.xyz; 0: none");
  options.text("checkpoint-every", checkpoint_every, "TIME|STEPS",
               "between checkpoints: 90s, 10m, 1h, or a number of steps; 0: at start and end only");
  options.text("max-time", max_time, "TIME",
               "end with a checkpoint after 90s, 30m, 12h; exit code 0");
  options.text("continue", continue_from, "FOLDER",
               "go on with the run in this folder, to --steps in all");
  options.flag("overwrite", overwrite, "replace the files of an earlier run in the folder");
  options.flag("quiet", quiet, "print nothing on stderr but errors");
  options.flag("json", json, "print the summary as JSON");
  for (const char* name : {"max-time", "continue", "overwrite", "quiet", "json"})
    options.unsaved(name);

  engine.declare(options);
  options.choice("loop", loop, {"auto", "block", "cooperative", "graph", "host"},
                 "where steps are made between samples, with --device cuda");
  options.examples(
      "Examples:\n"
      "  fusemd run --model original --input examples/benzene.xyz --steps 20000 --out benzene\n"
      "  fusemd run --model tiny --input examples/ethanol.xyz --ensemble langevin \\\n"
      "             --temperature 300 --replicas 64 --seed 7 --out ethanol-300K\n"
      "  fusemd run --config benzene/run.json --out again\n"
      "  fusemd run --continue benzene --steps 40000\n"
      "  fusemd run --model tiny --input examples/water.xyz --out - --frame-every 10 | viewer\n"
      "\n"
      "Units: Angstrom, fs, eV, amu, K. Files: run.json, input.xyz, log.csv, trajectory.xyz,\n"
      "summary.json, restart.json and restart.*.state.\n"
      "Exit codes: 0 done, 2 usage, 3 bad input, 4 no such device, 5 a replica diverged,\n"
      "7 cannot write, 130 and 143 stopped by a signal, with everything so far written.\n"
      "SIGUSR1: saves a checkpoint and goes on.");
}

void RunOptions::check(Options& options) const {
  if (!committee.empty()) {
    options.unsaved("model");
  } else {
    for (const char* name : {"committee", "committee-limit", "committee-action"}) {
      options.unsaved(name);
    }
  }
  if (committee.empty()) {
    options.require("model", model, "--model original, or a path to a model file");
  } else if (!model.empty()) {
    options.refuse("model", "--committee names the models", "one of the two");
  } else if (committee.find(',') == std::string::npos) {
    options.refuse("committee", "one model is no committee", "two or more, separated by commas");
  }
  if (committee.empty() &&
      (options.given("committee-limit") || options.given("committee-action"))) {
    options.refuse(options.given("committee-limit") ? "committee-limit" : "committee-action",
                   "there is no committee", "--committee A.json,B.json,C.json");
  }
  if (committee_action == "stop" && committee_limit == 0.0) {
    options.refuse("committee-action", "there is no limit to stop at", "--committee-limit above 0");
  }
  options.require("input", input, "--input FILE.xyz, or --input - for standard input");
  const auto n = static_cast<std::int64_t>(temperature.size());
  if (n != 1 && n != replicas) {
    options.refuse("temperature",
                   formatted("%lld temperatures for %lld replicas", static_cast<long long>(n),
                             static_cast<long long>(replicas)),
                   "one for all, or one for each replica");
  }
  for (const double value : temperature) {
    if (value <= temperature_limit) continue;
    options.refuse("temperature", formatted("%g K is above --temperature-limit", value),
                   formatted("at most %g K", temperature_limit));
  }
  const std::pair<const char*, const char*> thermostats[] = {{"friction", "langevin"},
                                                             {"coupling-time", "csvr"}};
  for (const auto& [option, its_ensemble] : thermostats) {
    if (ensemble == its_ensemble) continue;
    if (options.given(option)) {
      options.refuse(option, "has no meaning in the ensemble " + ensemble,
                     std::string("--ensemble ") + its_ensemble);
    }
    options.unsaved(option);
  }
  if (ensemble == "csvr") {
    for (const double value : temperature) {
      if (value <= 0.0) options.refuse("temperature", "0 K", "above 0 K with --ensemble csvr");
    }
  }
  if (exchange_every > 0) {
    if (ensemble == "nve") {
      options.refuse("exchange-every", "has no meaning in the ensemble nve",
                     "--ensemble langevin or csvr");
    }
    std::set<double> ladder(temperature.begin(), temperature.end());
    if (n < 2 || ladder.size() != temperature.size() || !(*ladder.begin() > 0.0)) {
      options.refuse("exchange-every", "no ladder of temperatures",
                     "--temperature with two or more of them, all different and above 0 K");
    }
  }
  if (!checkpoint_steps(checkpoint_every) && !time_span(checkpoint_every)) {
    options.refuse("checkpoint-every", "neither a time nor a number of steps",
                   "for example 90s, 10m, 1h or 50000; 0: at start and end only");
  }
  if (!max_time.empty() && !time_span(max_time)) {
    options.refuse("max-time", "not a length of time", "for example 90s, 30m or 12h");
  }
  if (!continue_from.empty() && overwrite) {
    options.refuse("overwrite", "has no meaning with --continue, which replaces nothing");
  }
  if (!continue_from.empty() && options.given("out") && !options.from_configuration("out")) {
    options.refuse("out", "has no meaning with --continue, which goes on in its own folder", "",
                   "a copy of the folder goes on elsewhere");
  }
  if (!engine.device.starts_with("cuda")) {
    if (options.given("loop") && loop != "auto" && loop != "host") {
      options.refuse("loop", loop + " is for GPUs; --device is " + engine.device, "--device cuda");
    }
    options.unsaved("loop");
  }
  if (pipes_trajectory() && json) {
    options.refuse("json", "standard output already carries the trajectory (--out -)", "",
                   "--out FOLDER keeps both");
  }
  if (pipes_trajectory() && frame_every == 0) {
    options.refuse("frame-every", "without frames there is no trajectory for --out -");
  }
}

CheckpointPlan RunOptions::checkpoints() const {
  CheckpointPlan plan;
  if (const auto n = checkpoint_steps(checkpoint_every)) {
    plan.every_steps = *n;
  } else {
    plan.every_seconds = time_span(checkpoint_every).value();
  }
  if (!max_time.empty()) plan.max_seconds = time_span(max_time).value();
  return plan;
}

SimulationOptions RunOptions::simulation() const {
  SimulationOptions result;
  result.ensemble = ensemble == "langevin" ? Ensemble::langevin
                    : ensemble == "csvr"   ? Ensemble::csvr
                                           : Ensemble::nve;
  result.timestep = timestep;
  result.friction = friction;
  result.csvr_time = coupling_time;
  const auto limit = [](double value) { return value > 0.0 ? value : StepLimits::kNone; };
  result.limits = {.force = limit(force_limit),
                   .energy_jump = limit(energy_jump_limit),
                   .bond = limit(bond_limit)};
  result.outside_training = outside_training == "stop"   ? OutsideTraining::stop
                            : outside_training == "warn" ? OutsideTraining::count
                                                         : OutsideTraining::ignore;
  result.steps = steps;
  result.log_every = log_every;
  result.frame_every = frame_every;
  result.replicas = static_cast<std::int32_t>(replicas);
  result.first_replica = static_cast<std::int32_t>(first_replica);
  result.temperatures = temperature;
  result.seeds.assign(1, static_cast<std::uint64_t>(seed));
  result.use_given_velocities = velocities == "given";
  result.exact_start_temperature = velocities != "canonical";
  result.temperature_limit = temperature_limit;
  return result;
}

}  // namespace fusemd
