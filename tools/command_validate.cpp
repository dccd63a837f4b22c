// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/model_path.hpp"
#include "host/structure_check.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/interrupt.hpp"
#include "tools/output_folder.hpp"
#include "tools/run_report.hpp"
#include "tools/stability_state.hpp"
#include "tools/text_format.hpp"
#include "tools/validate_options.hpp"
#include "tools/validate_report.hpp"
#include "tools/version.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

// In double precision these are rounding: about 1e-12 eV where energies are thousands.
constexpr double kEnergyRounding = 1e-8;  // eV
constexpr double kForceRounding = 1e-8;   // eV/Angstrom
/// Central differences with 1e-4 Angstrom: third derivatives of 100 eV/Angstrom^3 give 2e-7.
constexpr double kDifferenceLimit = 1e-5;  // eV/Angstrom
/// Across 2e-7 Angstrom a force of 5 eV/Angstrom, or a stiffness of 50 eV/Angstrom^2, changes
/// energy or force by this.
constexpr double kCutoffEnergyLimit = 1e-6;  // eV
constexpr double kCutoffForceLimit = 1e-5;   // eV/Angstrom
/// Fluctuations of velocity Verlet grow with the square of the step: 4, and how well 1 ps tells.
constexpr double kLeastOrder = 3.0, kMostOrder = 5.5;
constexpr std::size_t kInvarianceFrames = 6;

std::string molecule_of(const Structure& frame) {
  return frame.molecule.empty() ? chemical_formula(frame.atomic_numbers) : frame.molecule;
}

/// First frame of each molecule, by name.
using Molecules = std::map<std::string, const Structure*>;

/// The molecules that a list names.
std::vector<std::string> chosen(const std::string& list,
                                const std::string& option,
                                const Molecules& molecules,
                                const Options& options) {
  std::vector<std::string> result;
  if (list == "none") return result;
  if (list == "all") {
    for (const auto& [name, frame] : molecules) result.push_back(name);
    return result;
  }
  if (list == "auto") {
    const auto by_size = [](const auto& a, const auto& b) {
      return a.second->size() < b.second->size();
    };
    result.push_back(std::min_element(molecules.begin(), molecules.end(), by_size)->first);
    const std::string largest =
        std::max_element(molecules.begin(), molecules.end(), by_size)->first;
    if (largest != result.front()) result.push_back(largest);
    return result;
  }
  for (const std::string& name : names_in(list)) {
    if (!molecules.contains(name)) {
      options.refuse(option, "the reference has no molecule \"" + name + "\"",
                     "all, or names from the file's key molecule");
    }
    result.push_back(name);
  }
  return result;
}

void add_checks(Validation& result, const ValidateOptions& options) {
  auto& checks = result.checks;
  const auto at_most = [&](const std::string& name, double value, double limit) {
    checks.push_back({name, value, limit, false});
  };
  const validate::Accuracy& accuracy = result.accuracy;
  if (options.force_mae_limit > 0.0) {
    at_most("force MAE, eV/A", accuracy.forces.mae(), options.force_mae_limit);
  }
  if (options.force_r2_limit > 0.0) {
    checks.push_back({"force R2", accuracy.forces.r2(), options.force_r2_limit, true});
  }
  if (options.energy_mae_limit > 0.0) {
    at_most("energy MAE without offsets, eV/atom", accuracy.energy_mae_without_offset,
            options.energy_mae_limit);
  }
  const validate::Invariance& physics = result.invariance;
  at_most("translation, eV", physics.translation, kEnergyRounding);
  at_most("rotation, eV", physics.rotation, kEnergyRounding);
  at_most("rotated forces, eV/A", physics.rotated_force, kForceRounding);
  at_most("order of atoms, eV", physics.permutation, kEnergyRounding);
  at_most("sum of forces, eV/A", physics.net_force, kForceRounding);
  at_most("sum of torques, eV", physics.net_torque, kForceRounding);
  at_most("forces against differences, eV/A", physics.force_difference, kDifferenceLimit);
  at_most("energy jump at the cutoff, eV", physics.cutoff_energy, kCutoffEnergyLimit);
  at_most("force jump at the cutoff, eV/A", physics.cutoff_force, kCutoffForceLimit);
  for (const auto& [name, run] : result.conservation) {
    if (options.nve_slope_limit > 0.0) {
      at_most(name + ": |slope|, meV/atom/ps", std::abs(run.slope), options.nve_slope_limit);
    }
    checks.push_back({name + ": order of the step, at least", run.order_ratio, kLeastOrder, true});
    at_most(name + ": order of the step, at most", run.order_ratio, kMostOrder);
  }
  if (options.frequency_limit > 0.0) {
    for (const auto& [name, errors] : result.frequencies) {
      at_most(name + ": frequencies RMS, cm-1", errors.rms, options.frequency_limit);
    }
  }
  if (options.unstable_limit >= 0.0 && !result.stability.empty()) {
    double unstable = 0.0, replicas = 0.0;
    for (const auto& [name, found] : result.stability) {
      unstable += static_cast<double>(found.unstable.size());
      replicas += static_cast<double>(found.replicas);
    }
    at_most("unstable replicas, share", unstable / replicas, options.unstable_limit);
  }
}

}  // namespace

int validate_command(const std::vector<std::string>& arguments) {
  ValidateOptions settings;
  Options options("fusemd validate", "Accuracy and physics of a model against labelled frames.");
  settings.declare(options);
  options.parse(arguments);
  settings.check(options);
  if (!settings.html.empty() && is_there(settings.html) && !settings.overwrite) {
    throw OutputError(settings.html + ": exists already\n  hint:     --overwrite replaces it");
  }

  const std::string model_path = find_model(settings.model);
  const Model model = read_model(model_path);
  const int threads = settings.engine.thread_count();
  const Engine engine = make_engine(model, settings.engine.request(1), options);
  const auto exact = cpu::make_potential(model, {.filters = cpu::Filters::exact,
                                                 .instruction_set = settings.engine.instruction_set,
                                                 .precision = cpu::Precision::real_double});

  const std::vector<Structure> frames = read_extxyz(settings.reference);
  std::vector<std::string> names;
  Molecules molecules;
  for (const Structure& frame : frames) {
    check_structure(frame);
    names.push_back(molecule_of(frame));
    molecules.try_emplace(names.back(), &frame);
  }
  const auto in_nve = chosen(settings.nve, "nve", molecules, options);
  std::vector<std::string> in_stability;
  if (settings.stability_time > 0.0) {
    in_stability = chosen(settings.stability, "stability", molecules, options);
  }
  StabilityState state(settings.state, model_path, settings);
  std::vector<Structure> relaxed_frames;
  if (!settings.relaxed.empty()) relaxed_frames = read_extxyz(settings.relaxed);

  const InterruptGuard interrupt;
  const auto say = [&](const std::string& what) {
    if (!settings.quiet) print_note(what + "\n");
  };
  Validation result;
  result.model = model.name;
  result.reference = settings.reference;
  result.engine = engine.potential->description();
  result.version = std::string("fusemd ") + version() + " (" + commit() + ")";
  result.frames = static_cast<std::int64_t>(frames.size());
  result.accuracy = validate::measure_accuracy(*engine.potential, frames, names, threads);

  say("invariances");
  std::vector<Structure> some;  // spread over the molecules
  const std::size_t stride = (molecules.size() + kInvarianceFrames - 1) / kInvarianceFrames;
  std::size_t index = 0;
  for (const auto& [name, frame] : molecules) {
    if (index++ % stride == 0) some.push_back(*frame);
  }
  result.invariance = validate::measure_invariance(*exact, model, some);

  for (const auto* list : {&frames, static_cast<const std::vector<Structure>*>(&relaxed_frames)}) {
    for (const Structure& frame : *list) {
      if (frame.frequencies.empty() || interrupt.requested()) continue;
      say("frequencies of " + molecule_of(frame));
      result.frequencies.emplace_back(molecule_of(frame),
                                      validate::compare_frequencies(*exact, frame));
    }
  }

  result.nve_timestep = settings.nve_timestep;
  for (const std::string& name : in_nve) {
    if (interrupt.requested()) break;
    say(formatted("%g ps of %s at constant energy", settings.nve_time, name.c_str()));
    result.conservation.emplace_back(
        name, validate::measure_conservation(*engine.potential,
                                             validate::relaxed_copy(*exact, *molecules[name]),
                                             {.temperature = settings.nve_temperature,
                                              .timestep = settings.nve_timestep,
                                              .time = settings.nve_time,
                                              .seed = static_cast<std::uint64_t>(settings.seed),
                                              .stop = &interrupt.requested()}));
  }

  result.stability_temperature = settings.stability_temperature;
  for (const std::string& name : in_stability) {
    if (interrupt.requested()) break;
    if (const validate::Stability* done = state.find(name)) {
      result.stability.emplace_back(name, *done);
      continue;
    }
    say(formatted("%lld x %g ps of %s at %g K", static_cast<long long>(settings.stability_replicas),
                  settings.stability_time, name.c_str(), settings.stability_temperature));
    validate::Stability found = validate::measure_stability(
        *engine.potential, validate::relaxed_copy(*exact, *molecules[name]),
        {.temperature = settings.stability_temperature,
         .timestep = settings.nve_timestep,
         .time = settings.stability_time,
         .replicas = static_cast<int>(settings.stability_replicas),
         .threads = threads,
         .seed = static_cast<std::uint64_t>(settings.seed),
         .stop = &interrupt.requested()});
    if (found.stopped) break;
    state.keep(name, found);
    result.stability.emplace_back(name, std::move(found));
  }
  if (interrupt.requested()) {
    say("stopped by a signal; nothing is reported");
    return 128 + interrupt.signal();
  }

  add_checks(result, settings);
  if (!settings.html.empty()) write_file_atomically(settings.html, validation_html(result));
  print_result(settings.json ? validation_json(result) : validation_text(result));
  return result.passed() ? kOk : kCheckFailed;
}

}  // namespace fusemd
