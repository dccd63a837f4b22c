// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "host/io/extxyz_reader.hpp"
#include "host/larger.hpp"
#include "host/model_path.hpp"
#include "host/structure_check.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/engine_options.hpp"
#include "tools/exit_code.hpp"
#include "tools/frame_file.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

double largest_force(const std::vector<Vec3>& forces) {
  double largest = 0.0;
  for (const Vec3& force : forces) largest = larger_or_nan(largest, norm(force));
  return largest;
}

nlohmann::ordered_json as_json(const Structure& frame) {
  nlohmann::ordered_json forces = nlohmann::ordered_json::array();
  for (const Vec3& force : *frame.forces) forces.push_back({force.x, force.y, force.z});
  return {
      {"atoms", frame.size()}, {"energy_eV", *frame.energy}, {"forces_eV_per_Angstrom", forces}};
}

}  // namespace

int eval_command(const std::vector<std::string>& arguments) {
  std::string model_name, input, output;
  bool json = false, quiet = false, overwrite = false;
  EngineOptions engine_options;
  Options options("fusemd eval", "Energies and forces of every frame of a file.");
  options.group("What to compute");
  options.text("model", model_name, "MODEL",
               "name of a shipped model (fusemd info lists them) or a file");
  options.text("input", input, "FILE", "(extended) XYZ file; -: stdin");
  options.config();
  options.group("Output");
  options.text("output", output, "FILE",
               "the frames with energy and forces, as extended XYZ; -: stdout");
  options.flag("overwrite", overwrite, "replace the output file");
  options.flag("json", json, "print energies and forces as JSON, a line a frame");
  options.flag("quiet", quiet, "print nothing on stderr but errors");
  for (const char* name : {"overwrite", "quiet", "json"}) options.unsaved(name);
  engine_options.declare(options);
  options.examples(
      "Examples:\n"
      "  fusemd eval --model original --input examples/ethanol.xyz\n"
      "  fusemd eval --model tiny --input run/trajectory.xyz --output labelled.xyz\n"
      "  cat *.xyz | fusemd eval --model tiny --input - --output - --device reference\n"
      "\n"
      "Units: eV, Angstrom. Without --output and --json: a table, a line a frame.");
  options.parse(arguments);
  options.require("model", model_name, "--model original, or a path to a model file");
  options.require("input", input, "--input FILE.xyz, or --input - for standard input");
  if (json && output == "-") {
    options.refuse("json", "standard output already carries the frames (--output -)");
  }

  const Model model = read_model(find_model(model_name));
  const Engine engine =
      make_engine(model, engine_options.request(engine_options.thread_count()), options);
  ExtxyzReader reader = ExtxyzReader::open(input);

  std::optional<FrameFile> file;
  std::unique_ptr<Evaluator> evaluator;
  std::vector<int> evaluator_atoms;
  std::int64_t frames = 0;
  while (std::optional<Structure> frame = reader.next()) {
    check_structure(*frame);
    if (!evaluator || frame->atomic_numbers != evaluator_atoms || frame->cell) {
      evaluator = engine.potential->make_evaluator(frame->atomic_numbers, frame->cell);
      evaluator_atoms = frame->atomic_numbers;
    }
    std::vector<Vec3> forces(frame->size());
    frame->energy = evaluator->compute(frame->positions, forces);
    frame->forces = std::move(forces);

    if (!output.empty()) {
      if (!file) file.emplace(output, overwrite);
      file->append(*frame);
    }
    if (json) {
      print_result(as_json(*frame).dump() + "\n");
    } else if (output.empty()) {
      if (frames == 0) {
        print_result(" frame   atoms         energy_eV  max_force_eV_per_Angstrom\n");
      }
      print_result(formatted("%6lld  %6zu  %16.6f  %25.6f\n", static_cast<long long>(frames) + 1,
                             frame->size(), *frame->energy, largest_force(*frame->forces)));
    }
    ++frames;
  }
  if (file) file->finish();
  if (!quiet && !output.empty()) {
    print_note(with_commas(frames) + (frames == 1 ? " frame" : " frames") + ", engine " +
               engine.potential->description() + "\n");
  }
  return kOk;
}

}  // namespace fusemd
