// SPDX-License-Identifier: MIT
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/cpu/cpu_potential.hpp"
#include "host/elements.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/model_path.hpp"
#include "host/relax/minimiser.hpp"
#include "host/relax/vibrations.hpp"
#include "host/structure_check.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/frame_file.hpp"
#include "tools/interrupt.hpp"
#include "tools/options.hpp"
#include "tools/run_report.hpp"
#include "tools/text_format.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

constexpr int kFramesOfAPeriod = 24;

struct RelaxSettings {
  std::string model, input, output, animation;
  double force_limit = 1e-3;  ///< eV/Angstrom
  std::int64_t steps = 1'000;
  bool frequencies = false;
  std::int64_t mode = 0;   ///< to animate, from 1; 0: none
  double amplitude = 0.3;  ///< Angstrom
  std::int64_t threads = 1;
  std::string instruction_set = "auto";
  bool overwrite = false, json = false, quiet = false;

  void declare(Options& options) {
    options.group("What to relax");
    options.text("model", model, "MODEL",
                 "name of a shipped model (fusemd info lists them) or a file");
    options.text("input", input, "FILE", "(extended) XYZ file; -: stdin");
    options.config();
    options.group("How");
    options.number("force-limit", force_limit, {0.0, 10.0, false}, "eV/Angstrom",
                   "the largest force of a relaxed structure");
    options.integer("steps", steps, {1, 1'000'000}, "at most");
    options.flag("frequencies", frequencies, "harmonic vibrations of the relaxed structures");
    options.integer("mode", mode, {0, 100'000},
                    "number of the vibration that --animation shows, from 1");
    options.number("amplitude", amplitude, {0.0, 10.0, false}, "Angstrom",
                   "of the atom that moves most in the animation");
    options.integer("threads", threads, {1, 1024}, "CPU threads for each evaluation");
    options.choice("instruction-set", instruction_set, {"auto", "sse4", "avx2", "avx512"},
                   "of the CPU engine");
    options.group("Output");
    options.text("output", output, "FILE", "the relaxed frames, as extended XYZ; -: stdout");
    options.text("animation", animation, "FILE",
                 "one period of the vibration --mode, as XYZ frames");
    options.flag("overwrite", overwrite, "replace the output files");
    options.flag("json", json, "print the result as JSON");
    options.flag("quiet", quiet, "print nothing on stderr but errors");
    for (const char* name : {"overwrite", "json", "quiet"}) options.unsaved(name);
    options.examples(
        "Examples:\n"
        "  fusemd relax --model tiny --input examples/ethanol.xyz --output minimum.xyz\n"
        "  fusemd relax --model original --input examples/water.xyz --frequencies\n"
        "  fusemd relax --model tiny --input examples/benzene.xyz --frequencies --mode 1 \\\n"
        "               --animation mode1.xyz\n"
        "\n"
        "Runs on the CPU in double precision with exact filters: forces are differentiated.\n"
        "Ends with 5 if forces stop being finite, with 6 if a structure is not relaxed.");
  }

  void check(const Options& options) const {
    options.require("model", model, "--model tiny, or a path to a model file");
    options.require("input", input, "--input FILE.xyz, or --input - for standard input");
    if ((mode > 0) != !animation.empty()) {
      options.refuse(mode > 0 ? "mode" : "animation", "one without the other does nothing",
                     "--mode NUMBER --animation FILE");
    }
    if (mode > 0 && !frequencies) {
      options.refuse("mode", "vibrations are not computed", "--frequencies");
    }
    if (json && (output == "-" || animation == "-")) {
      options.refuse("json", "standard output already carries frames");
    }
    if (output == "-" && animation == "-") {
      options.refuse("animation", "standard output already carries the relaxed frames");
    }
  }
};

std::vector<double> masses_of(const Structure& structure) {
  if (!structure.masses.empty()) return structure.masses;
  std::vector<double> masses;
  for (const int z : structure.atomic_numbers) masses.push_back(standard_atomic_weight(z));
  return masses;
}

const char* words(RelaxEnd end) {
  switch (end) {
    case RelaxEnd::converged:
      return "relaxed";
    case RelaxEnd::steps:
      return "NOT RELAXED: no steps left (--steps)";
    case RelaxEnd::stalled:
      return "NOT RELAXED: no step lowers the energy any more (--force-limit)";
    case RelaxEnd::diverged:
      return "DIVERGED: energy or forces are not finite";
    case RelaxEnd::stopped:
      return "stopped";
  }
  return "";
}

void write_animation(const RelaxSettings& settings,
                     const Structure& relaxed,
                     const std::vector<NormalMode>& modes) {
  if (static_cast<std::size_t>(settings.mode) > modes.size()) {
    throw InputError({.file = relaxed.name,
                      .key = "mode",
                      .problem = "there is no such vibration",
                      .expected = "1 to " + std::to_string(modes.size()),
                      .found = std::to_string(settings.mode)});
  }
  const NormalMode& mode = modes[static_cast<std::size_t>(settings.mode) - 1];
  FrameFile file(settings.animation, settings.overwrite);
  for (std::vector<Vec3>& positions :
       animate(relaxed.positions, mode, settings.amplitude, kFramesOfAPeriod)) {
    Structure frame;
    frame.atomic_numbers = relaxed.atomic_numbers;
    frame.positions = std::move(positions);
    file.append(frame);
  }
  file.finish();
}

std::string table(const Structure& structure, const RelaxResult& result, double energy_before) {
  std::string text =
      formatted("%s: %s in %lld steps\nenergy       %.6f eV (%+.6f), largest force %.2e eV/A\n",
                chemical_formula(structure.atomic_numbers).c_str(), words(result.end),
                static_cast<long long>(result.steps), result.energy, result.energy - energy_before,
                result.largest_force);
  if (structure.frequencies.empty()) return text;
  text += "vibrations, cm-1 (negative: imaginary)\n";
  for (std::size_t k = 0; k < structure.frequencies.size(); ++k) {
    text += formatted("%5zu %9.2f%s", k + 1, structure.frequencies[k],
                      k % 5 == 4 || k + 1 == structure.frequencies.size() ? "\n" : "  ");
  }
  return text;
}

nlohmann::ordered_json as_json(const Structure& structure, const RelaxResult& result) {
  nlohmann::ordered_json json = {{"formula", chemical_formula(structure.atomic_numbers)},
                                 {"relaxed", result.end == RelaxEnd::converged},
                                 {"steps", result.steps},
                                 {"energy_eV", result.energy},
                                 {"largest_force_eV_per_Angstrom", result.largest_force}};
  if (!structure.frequencies.empty()) json["frequencies_cm1"] = structure.frequencies;
  return json;
}

}  // namespace

int relax_command(const std::vector<std::string>& arguments) {
  RelaxSettings settings;
  Options options("fusemd relax", "Moves atoms to a minimum of the energy.");
  settings.declare(options);
  options.parse(arguments);
  settings.check(options);

  const Model model = read_model(find_model(settings.model));
  const auto potential =
      cpu::make_potential(model, {.filters = cpu::Filters::exact,
                                  .instruction_set = settings.instruction_set,
                                  .threads = static_cast<std::size_t>(settings.threads),
                                  .precision = cpu::Precision::real_double});
  ExtxyzReader reader = ExtxyzReader::open(settings.input);
  std::optional<FrameFile> file;
  if (!settings.output.empty()) file.emplace(settings.output, settings.overwrite);
  const InterruptGuard interrupt;
  int code = kOk;
  bool animated = false;
  while (std::optional<Structure> frame = reader.next()) {
    check_structure(*frame);
    const auto evaluator = potential->make_evaluator(frame->atomic_numbers, frame->cell);
    std::vector<Vec3> forces(frame->size());
    const double energy_before = evaluator->compute(frame->positions, forces);
    const RelaxResult result = relax(*evaluator, frame->positions,
                                     {.force_limit = settings.force_limit,
                                      .steps = settings.steps,
                                      .stop = &interrupt.requested(),
                                      .progress = {}});
    frame->velocities.reset();
    frame->frequencies.clear();
    frame->energy = result.energy;
    frame->forces = result.forces;
    if (settings.frequencies && result.end == RelaxEnd::converged) {
      const auto modes = normal_modes(*evaluator, frame->positions, masses_of(*frame));
      for (const NormalMode& mode : modes) frame->frequencies.push_back(mode.wavenumber);
      if (settings.mode > 0 && !animated) write_animation(settings, *frame, modes);
      animated = true;  // of the first frame alone
    }
    if (settings.json) {
      print_result(as_json(*frame, result).dump() + "\n");
    } else if (settings.output == "-" || settings.animation == "-") {
      if (!settings.quiet) print_note(table(*frame, result, energy_before));
    } else {
      print_result(table(*frame, result, energy_before));
    }
    if (file) file->append(*frame);
    if (result.end == RelaxEnd::stopped) return 128 + interrupt.signal();
    if (result.end == RelaxEnd::diverged) code = kDiverged;
    if (result.end != RelaxEnd::converged && code == kOk) code = kCheckFailed;
  }
  if (file) file->finish();
  return code;
}

}  // namespace fusemd
