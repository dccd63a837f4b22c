// SPDX-License-Identifier: MIT
#include "tools/validate_options.hpp"

namespace fusemd {

void ValidateOptions::declare(Options& options) {
  options.group("What to validate");
  options.text("model", model, "MODEL",
               "name of a shipped model (fusemd info lists them) or a file");
  options.text("reference", reference, "FILE", "extended XYZ with energies and forces");
  options.text("relaxed", relaxed, "FILE",
               "extended XYZ of relaxed molecules with frequencies_cm1 to compare with");
  options.config();

  options.group("Dynamics");
  options.text(
      "nve", nve, "LIST",
      "molecules to run at constant energy: auto (the smallest and the largest), all, none, "
      "or names separated by commas");
  options.number("nve-time", nve_time, {0.0, 1e6, false}, "ps", "length of such a run");
  options.number("nve-timestep", nve_timestep, {0.0, 5.0, false}, "fs", "length of its steps");
  options.number("nve-temperature", nve_temperature, {0.0, 5000.0, false}, "K", "its mean");
  options.number("stability-time", stability_time, {0.0, 1e7, true}, "ps",
                 "length of runs that look whether molecules stay whole; 0: none");
  options.text("stability", stability, "LIST", "molecules for them: all, or names");
  options.number("stability-temperature", stability_temperature, {0.0, 5000.0, false}, "K",
                 "of the thermostat");
  options.integer("stability-replicas", stability_replicas, {1, 100'000}, "of each molecule");
  options.text("state", state, "FILE",
               "keeps finished stability runs, so that the same command goes on where it was");
  options.integer("seed", seed, {0, 9'007'199'254'740'991}, "of velocities and thermostats");

  options.group("Limits (exit code 6 beyond; 0: none)");
  options.number("force-mae-limit", force_mae_limit, {0.0, 1e6, true}, "eV/Angstrom",
                 "mean absolute error of force components, at most");
  options.number("force-r2-limit", force_r2_limit, {0.0, 1.0, true}, "", "at least");
  options.number("energy-mae-limit", energy_mae_limit, {0.0, 1e6, true}, "eV/atom",
                 "without each molecule's offset, at most");
  options.number("nve-slope-limit", nve_slope_limit, {0.0, 1e6, true}, "meV/atom/ps",
                 "of the total energy, at most");
  options.number("frequency-limit", frequency_limit, {0.0, 1e6, true}, "cm-1",
                 "root mean square of each molecule, at most");
  options.number("unstable-limit", unstable_limit, {-1.0, 1.0, true}, "",
                 "share of replicas that do not stay whole, at most; -1: none");

  options.group("Output");
  options.text("html", html, "FILE", "a report with plots");
  options.flag("overwrite", overwrite, "replace the report");
  options.flag("json", json, "print the result as JSON");
  options.flag("quiet", quiet, "print nothing on stderr but errors");
  for (const char* name : {"overwrite", "json", "quiet"}) options.unsaved(name);
  engine.declare(options);
  options.examples(
      "Examples:\n"
      "  fusemd validate --model tiny --reference test.xyz --html report.html\n"
      "  fusemd validate --model my.json --reference test.xyz --force-mae-limit 0.02 --nve none\n"
      "  fusemd validate --model tiny --reference test.xyz --relaxed minima.xyz \\\n"
      "                  --nve benzene,aspirin --nve-time 100 --stability-time 250 --state s.json\n"
      "\n"
      "Frames of one molecule have the same key molecule=NAME, else the same formula.\n"
      "Ends with 6 if a limit is missed; invariances, smoothness at the cutoff and the order of\n"
      "the integrator have limits of their own.");
}

void ValidateOptions::check(const Options& options) const {
  options.require("model", model, "--model tiny, or a path to a model file");
  options.require("reference", reference, "--reference FILE.xyz with energies and forces");
  if (!state.empty() && stability_time == 0.0) {
    options.refuse("state", "there are no stability runs whose state could be kept",
                   "--stability-time above 0");
  }
}

}  // namespace fusemd
