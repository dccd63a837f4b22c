// SPDX-License-Identifier: MIT
#include "tools/run_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "host/elements.hpp"
#include "tools/build_id.hpp"
#include "tools/text_format.hpp"
#include "tools/version.hpp"

namespace fusemd {
namespace {

/// Thousands separated in large numbers, three digits in small ones and in those beyond counting.
std::string readable(double value) {
  constexpr double kLargestCounted = 1e15;
  const double size = std::abs(value);
  if (size >= 1000.0 && size <= kLargestCounted) return with_commas(std::llround(value));
  return formatted("%.3g", value);
}

std::string row(const char* name, const std::string& value) {
  return formatted("%-12s %s\n", name, value.c_str());
}

/// The resolved configuration on one line: "steps=20000 timestep=0.5 ...".
std::string one_line(const Options& options) {
  std::string text;
  const auto configuration = nlohmann::ordered_json::parse(options.resolved());
  for (const auto& [key, value] : configuration.items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    text += (text.empty() ? "" : " ") + key + "=" + shown;
  }
  return text;
}

}  // namespace

std::string chemical_formula(const std::vector<int>& atomic_numbers) {
  std::map<std::string, int> counts;
  for (const int number : atomic_numbers) ++counts[std::string(element_symbol(number))];
  std::string text;
  const auto take = [&](const std::string& symbol) {
    const auto found = counts.find(symbol);
    if (found == counts.end()) return;
    text += symbol + (found->second > 1 ? std::to_string(found->second) : "");
    counts.erase(found);
  };
  if (counts.contains("C")) {
    take("C");
    take("H");
  }
  while (!counts.empty()) take(std::string(counts.begin()->first));
  return text;
}

RunDescription describe_run(const Model& model,
                            const std::string& model_path,
                            const std::vector<Structure>& structures,
                            const Engine& engine,
                            int threads,
                            std::int64_t atoms) {
  RunDescription description;
  description.model_name = model.name;
  description.model_path = model_path;
  const Structure& first = structures.front();
  description.composition = chemical_formula(first.atomic_numbers) + ", " +
                            with_commas(static_cast<std::int64_t>(first.size())) +
                            (first.size() == 1 ? " atom" : " atoms");
  description.structures = structures.size();
  description.atoms = atoms;
  description.device = engine.device;
  description.instruction_set = engine.instruction_set;
  description.filters = engine.filters;
  description.threads = threads;
  description.version = version();
  description.commit = commit();
  description.build = build_id();
  return description;
}

std::string run_heading(const RunDescription& description, const Options& options) {
  std::string input = description.input + ": " + description.composition;
  if (description.structures > 1) {
    input += " (first of " + std::to_string(description.structures) + " structures)";
  }
  std::string engine = description.device;
  if (description.device == "cpu") engine += ", " + description.instruction_set;
  engine += ", filters " + description.filters + ", " + std::to_string(description.threads) +
            (description.threads == 1 ? " thread" : " threads") + ", step loop " + description.loop;
  return row("fusemd", description.version + " (" + description.commit + ")") +
         row("model", description.model_name + " (" + description.model_path + ")") +
         row("input", input) + row("engine", engine) +
         row("options", wrapped(one_line(options), 13));
}

std::string run_table(const RunSummary& summary,
                      const RunOptions& run,
                      const SimulationResult& result) {
  const RunRates rates = run_rates(summary);
  const double simulated = 1e-3 * static_cast<double>(summary.steps) * summary.timestep;  // ps
  std::string text;
  text += row("steps", with_commas(summary.steps) + " of " + readable(summary.timestep) + " fs = " +
                           readable(simulated) + " ps in " + duration(summary.wall_seconds));
  text += row("speed", readable(rates.steps_per_second) + " steps/s, " +
                           readable(rates.microseconds_per_step) + " us/step, " +
                           readable(rates.nanoseconds_per_day) + " ns/day");
  if (summary.replicas > 1) {
    text += row("replicas", with_commas(summary.replicas) + ", " +
                                readable(rates.atom_steps_per_second) + " atom-steps/s");
  }
  const EnergySummary& energies = result.energies;
  if (std::isfinite(energies.drift)) {
    std::string drift = formatted("%+.2g", energies.drift);
    if (std::isfinite(energies.drift_error)) drift += formatted(" +- %.1g", energies.drift_error);
    drift += " meV/atom/ps";
    if (std::isfinite(energies.fluctuation)) {
      drift += formatted(", RMS %.2g meV/atom", energies.fluctuation);
    }
    text += row("drift", drift);
  }
  if (energies.samples > 0) {
    text += row("temperature", formatted("%.1f K", energies.mean_temperature) +
                                   (std::isfinite(energies.sd_temperature)
                                        ? formatted(" +- %.1f K", energies.sd_temperature)
                                        : ""));
  }
  for (const ExchangeShare& pair : summary.exchanges) {
    const double share = static_cast<double>(pair.accepted) /
                         static_cast<double>(std::max<std::int64_t>(1, pair.attempts));
    text += row("exchange", formatted("%g K - %g K: %.0f %% of %s accepted", pair.low, pair.high,
                                      100.0 * share, with_commas(pair.attempts).c_str()));
  }
  if (summary.waited_for_disk_seconds >= 0.1) {
    text += row("disk", "the run waited " + duration(summary.waited_for_disk_seconds) + " for it");
  }
  if (!run.pipes_trajectory()) text += row("files", run.out);
  return text;
}

FailedReplica failed_replica(const ReplicaFailure& failure) {
  const StepFailure& why = failure.failure;
  std::string reason;
  switch (why.quantity) {
    case StepFailure::Quantity::energy:
      reason = "the energy is " + readable(why.value) + " eV";
      break;
    case StepFailure::Quantity::force:
      reason = formatted("the force on atom %d is %s eV/Angstrom", why.atom + 1,
                         readable(why.value).c_str());
      break;
    case StepFailure::Quantity::position:
      reason = formatted("atom %d is lost: a coordinate is %s Angstrom", why.atom + 1,
                         readable(why.value).c_str());
      break;
    case StepFailure::Quantity::temperature:
      reason = "the temperature is " + readable(why.value) + " K";
      if (std::isfinite(why.value)) reason += ", above --temperature-limit";
      if (why.atom >= 0) reason += formatted(" (atom %d is the fastest)", why.atom + 1);
      break;
    case StepFailure::Quantity::large_force:
      reason = formatted("the force on atom %d is %s eV/Angstrom, above --force-limit",
                         why.atom + 1, readable(why.value).c_str());
      break;
    case StepFailure::Quantity::energy_jump:
      reason = "the conserved energy changed by " + readable(why.value) +
               " eV/atom in one step, above --energy-jump-limit";
      break;
    case StepFailure::Quantity::bond:
      reason = formatted("the bond of atoms %d and %d is %.2f Angstrom long, above --bond-limit",
                         why.atom + 1, why.other_atom + 1, why.value);
      break;
    case StepFailure::Quantity::outside_training:
      reason = formatted(
          "atoms %d and %d are %.2f Angstrom apart, nearer than their elements in the training "
          "data",
          why.atom + 1, why.other_atom + 1, why.value);
      break;
  }
  return {failure.replica, why.step, reason};
}

std::string warning_lines(const std::vector<std::string>& sentences) {
  constexpr std::size_t kLines = 10;
  std::string text;
  for (std::size_t k = 0; k < std::min(kLines, sentences.size()); ++k) {
    text += "warning: " + sentences[k] + "\n";
  }
  if (sentences.size() > kLines) {
    text += formatted("warning: and %s more like these\n",
                      with_commas(static_cast<std::int64_t>(sentences.size() - kLines)).c_str());
  }
  return text;
}

std::string failure_table(const std::vector<FailedReplica>& failures, const RunOptions& run) {
  constexpr std::size_t kRows = 20;
  if (failures.empty()) return {};
  std::string text = "stopped replicas\n  replica           step  reason\n";
  for (std::size_t k = 0; k < std::min(kRows, failures.size()); ++k) {
    text += formatted("  %7d %14s  %s\n", failures[k].replica,
                      with_commas(failures[k].step).c_str(), failures[k].reason.c_str());
  }
  if (failures.size() > kRows) {
    text += formatted("  and %s more",
                      with_commas(static_cast<std::int64_t>(failures.size() - kRows)).c_str());
    text += run.pipes_trajectory() ? "\n" : ": " + run.out + "/summary.json\n";
  }
  if (!run.pipes_trajectory()) text += "  their last good steps: " + run.out + "/failed\n";
  return text + "  hint:     a shorter --timestep or a relaxed start may help\n";
}

std::vector<Extrapolation> extrapolations(std::span<const ReplicaState> states) {
  std::map<std::pair<int, int>, Extrapolation> by_pair;
  for (const ReplicaState& state : states) {
    for (const CloseApproach& approach : state.approaches) {
      const auto [place, is_new] = by_pair.try_emplace(
          {approach.z_a, approach.z_b},
          Extrapolation{.elements = std::string(element_symbol(approach.z_a)) + "-" +
                                    std::string(element_symbol(approach.z_b)),
                        .first_step = approach.first_step,
                        .replica = state.replica,
                        .closest = approach.closest});
      Extrapolation& all = place->second;
      all.looks += approach.looks;
      all.closest = std::min(all.closest, approach.closest);
      if (approach.first_step < all.first_step) {
        all.first_step = approach.first_step;
        all.replica = state.replica;
      }
    }
  }
  std::vector<Extrapolation> list;
  for (auto& [pair, extrapolation] : by_pair) list.push_back(std::move(extrapolation));
  return list;
}

std::string extrapolation_sentence(const Extrapolation& what, const TrainingDomain& domain) {
  double nearest = 0.0;
  for (const TrainingDomain::ClosestPair& pair : domain.closest_pairs) {
    const std::string elements =
        std::string(element_symbol(pair.z_a)) + "-" + std::string(element_symbol(pair.z_b));
    if (elements == what.elements) nearest = pair.distance;
  }
  return formatted(
      "warning: %s pairs came as near as %.2f Angstrom, first in replica %d at step %s (%s steps "
      "looked at); the training data has none nearer than %.2f Angstrom\n",
      what.elements.c_str(), what.closest, what.replica, with_commas(what.first_step).c_str(),
      with_commas(what.looks).c_str(), nearest);
}

}  // namespace fusemd
