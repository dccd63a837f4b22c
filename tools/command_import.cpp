// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/elements.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/text.hpp"
#include "host/reference/reference_potential.hpp"
#include "host/structure_check.hpp"
#include "tools/build_id.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/import_report.hpp"
#include "tools/options.hpp"
#include "tools/version.hpp"
#include "weights/error.hpp"
#include "weights/import/assemble_model.hpp"
#include "weights/import/open_checkpoint.hpp"
#include "weights/model_file.hpp"
#include "weights/model_keys.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kMostStoredFrames = 100;

struct Arguments {
  std::string input, output, name, prefix, elements, reference;
  std::string cutoff_applied_to, vector_mixing, directional_message;
  double cutoff = 5.0, norm_epsilon = 0.0;
  ParityLimits limits;
  bool overwrite = false, quiet = false;
};

std::string help_end() {
  std::string text =
      "Examples:\n"
      "  fusemd-import trained.pt -o mine.json --elements H,C,N,O\n"
      "  fusemd-import trained.safetensors -o mine.json --reference frames.xyz\n\n"
      "No code in a checkpoint is ever run. Formats of this build:\n";
  for (const checkpoint::Format& format : checkpoint::formats()) {
    text += "  " + format.name +
            (format.missing.empty() ? "" : ": LEFT OUT, it was built without " + format.missing) +
            "\n";
  }
  return text + "\nEnds with 6, and writes nothing, if --reference deviates more than tolerated.";
}

void declare(Options& options, Arguments& given) {
  const auto words = [](const auto& values) {
    return std::vector<std::string>(values.begin(), values.end());
  };
  options.positional("checkpoint", given.input, "the trained checkpoint");
  options.letter('o');
  options.text("output", given.output, "FILE", "the model file to write");
  options.flag("overwrite", given.overwrite, "replace the model file");
  options.flag("quiet", given.quiet, "print nothing but errors");
  options.text("name", given.name, "TEXT", "of the model; without it: the output file's");
  options.group("What the checkpoint may not say");
  options.text("elements", given.elements, "H,C,..",
               "elements it was trained on; without it: found in the checkpoint or guessed");
  options.text("prefix", given.prefix, "TEXT",
               "of the tensors to take, if it holds several models");
  options.number("cutoff", given.cutoff, {.least = 0.5, .most = 20.0}, "Angstrom",
                 "if the checkpoint has no radial basis");
  options.choice("cutoff-applied-to", given.cutoff_applied_to, words(model_keys::kCutoffAppliedTo),
                 "what the cutoff function multiplies (the seed's: rbf)");
  options.choice("vector-mixing", given.vector_mixing, words(model_keys::kVectorMixing),
                 "of x, y and z of the vectors (the seed's: matrix)");
  options.choice("directional-message", given.directional_message,
                 words(model_keys::kDirectionalMessage),
                 "what multiplies the direction (the seed's: filter)");
  options.number("norm-epsilon", given.norm_epsilon, {.least = 0.0, .most = 1.0}, "",
                 "added to the norm of vectors (the seed's: 0)");
  options.group("Proof");
  options.text("reference", given.reference, "FILE.xyz",
               "frames with energies and forces of the framework that trained the model");
  options.number("energy-tolerance", given.limits.energy, {.least = 0.0}, "eV",
                 "largest deviation of an energy");
  options.number("force-tolerance", given.limits.force, {.least = 0.0}, "eV/Angstrom",
                 "largest deviation of a force component");
  options.examples(help_end());
}

std::vector<int> parse_elements(const Options& options, const std::string& text) {
  std::set<int> elements;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string symbol(trimmed(std::string_view(text).substr(begin, comma - begin)));
    const int z = element_from_symbol(symbol);
    if (z == 0) {
      options.refuse("elements", "no such element: " + shown(symbol), "symbols, as in H,C,N,O");
    }
    elements.insert(z);
    begin = comma + 1;
  }
  return {elements.begin(), elements.end()};
}

checkpoint::Choices choices(const Options& options, const Arguments& given) {
  checkpoint::Choices result;
  result.name = given.name;
  result.default_name = std::filesystem::path(given.output).stem().string();
  result.prefix = given.prefix;
  if (options.given("elements")) result.elements = parse_elements(options, given.elements);
  if (options.given("cutoff")) result.cutoff = given.cutoff;
  if (options.given("norm-epsilon")) result.norm_epsilon = given.norm_epsilon;
  // The words were checked against the same lists.
  const auto chosen = [&](const char* name, const std::string& word, const auto& words,
                          auto& into) {
    if (!options.given(name)) return;
    using Enum = typename std::remove_reference_t<decltype(into)>::value_type;
    into = static_cast<Enum>(std::find(words.begin(), words.end(), word) - words.begin());
  };
  chosen("cutoff-applied-to", given.cutoff_applied_to, model_keys::kCutoffAppliedTo,
         result.cutoff_applied_to);
  chosen("vector-mixing", given.vector_mixing, model_keys::kVectorMixing, result.vector_mixing);
  chosen("directional-message", given.directional_message, model_keys::kDirectionalMessage,
         result.directional_message);
  return result;
}

std::vector<Structure> read_frames(const std::string& path) {
  if (path.empty()) return {};
  std::vector<Structure> frames = read_extxyz(path);
  for (const Structure& frame : frames) check_structure(frame);
  return frames;
}

std::vector<int> elements_of(const std::vector<Structure>& frames) {
  std::set<int> elements;
  for (const Structure& frame : frames) {
    elements.insert(frame.atomic_numbers.begin(), frame.atomic_numbers.end());
  }
  return {elements.begin(), elements.end()};
}

std::vector<double> components(const std::vector<Vec3>& vectors) {
  std::vector<double> values;
  for (const Vec3& v : vectors) values.insert(values.end(), {v.x, v.y, v.z});
  return values;
}

/// Puts the frames into the model, so that any copy of it can be checked; evenly chosen if there
/// are many.
void store_frames(const std::vector<Structure>& frames, Model& model) {
  const std::size_t count = std::min(frames.size(), kMostStoredFrames);
  if (count == 0) return;
  model.reference_frames.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = i * frames.size() / count;
    const Structure& frame = frames[number];
    model.reference_frames.push_back({"frame " + std::to_string(number + 1), frame.atomic_numbers,
                                      components(frame.positions), *frame.energy,
                                      components(*frame.forces)});
  }
}

void store_provenance(const Arguments& given,
                      const checkpoint::Checkpoint& checkpoint,
                      const checkpoint::ImportedModel& imported,
                      Model& model) {
  if (model.provenance != "{}") return;  // fusemd exported the checkpoint, and it knows its origin
  nlohmann::ordered_json json = {
      {"imported_from", std::filesystem::path(given.input).filename().string()},
      {"format", imported.format},
      {"imported_by", "fusemd-import " + std::string(version())}};
  if (!checkpoint.metadata.source.empty()) json["written_by"] = checkpoint.metadata.source;
  if (!imported.filled.empty()) json["filled_with_zeros"] = imported.filled;
  if (!imported.recomputed.empty()) json["recomputed"] = imported.recomputed;
  if (imported.element_source == checkpoint::ElementSource::guessed ||
      imported.element_source == checkpoint::ElementSource::frames) {
    json["elements"] = "guessed";
  }
  if (!given.reference.empty()) {
    json["reference_frames"] = std::filesystem::path(given.reference).filename().string();
  }
  model.provenance = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void warn(const checkpoint::ImportedModel& imported) {
  for (const std::string& warning : imported.warnings) print_note("warning: " + warning + "\n");
  if (imported.element_source == checkpoint::ElementSource::guessed ||
      imported.element_source == checkpoint::ElementSource::frames) {
    print_note(
        "warning: the list of elements is a guess; --elements says what it was trained on\n");
  }
}

}  // namespace

int import_command(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "--version") {
    print_result("fusemd-import " + std::string(version()) + " (" + commit() + ", build " +
                 build_id() + ")\n");
    return kOk;
  }
  Arguments given;
  Options options(
      "fusemd-import",
      "Makes a model file of a trained checkpoint, and shows that it computes the same.");
  declare(options, given);
  options.parse(arguments);
  options.require("checkpoint", given.input, "fusemd-import trained.pt -o mine.json");
  options.require("output", given.output, "-o mine.json");
  const checkpoint::Choices chosen = choices(options, given);
  if (!given.overwrite && std::filesystem::exists(given.output)) {
    throw OutputError(given.output + ": exists\n  hint:     --overwrite replaces it");
  }

  const std::vector<Structure> frames = read_frames(given.reference);
  checkpoint::Checkpoint checkpoint = checkpoint::open_checkpoint(given.input);
  checkpoint::ImportedModel imported;
  try {
    imported = assemble_model(checkpoint, chosen, elements_of(frames));
  } catch (const InputError& error) {
    InputErrorParts parts = error.parts();
    parts.file = given.input;
    throw InputError(std::move(parts));
  }
  Model& model = imported.model;
  store_provenance(given, checkpoint, imported, model);
  checkpoint = {};  // its memory is not needed any more
  if (!given.quiet) print_result(import_summary(imported, given.input));
  warn(imported);

  const auto potential = reference::make_reference_potential(model);
  if (!frames.empty()) {
    const Parity parity = compare_with_frames(*potential, frames);
    const bool good = passed(parity, given.limits);
    if (!given.quiet || !good) {
      print_result(parity_report(parity, given.limits, frames, given.reference));
    }
    if (!good) return kCheckFailed;
    store_frames(frames, model);
  } else if (!given.quiet) {
    print_result(physics_report(probe_physics(*potential, model), model));
  }
  write_file_atomically(given.output, format_model(model));
  if (!given.quiet) print_result("\nwritten      " + given.output + "\n");
  return kOk;
}

}  // namespace fusemd
