// SPDX-License-Identifier: MIT
#include "tools/import_report.hpp"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "host/elements.hpp"
#include "tools/text_format.hpp"
#include "weights/model_keys.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

using checkpoint::ElementSource;
using checkpoint::ImportedModel;

constexpr std::size_t kColumn = 13;  // where the words behind a heading begin

std::string line(std::string heading, const std::string& text) {
  heading.resize(kColumn, ' ');
  return heading + wrapped(text, kColumn) + "\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string symbols(const std::vector<int>& elements) {
  std::vector<std::string> words;
  for (const int z : elements) words.emplace_back(element_symbol(z));
  return joined(words);
}

std::string count(std::size_t n, const std::string& noun) {
  return with_commas(static_cast<std::int64_t>(n)) + ' ' + noun + (n == 1 ? "" : "s");
}

std::string sizes(const StudentConfig& config) {
  const ParameterCount parameters = count_parameters(config);
  return count(static_cast<std::size_t>(config.hidden_dim), "channel") + ", " +
         count(static_cast<std::size_t>(config.num_interactions), "layer") + ", " +
         count(static_cast<std::size_t>(config.num_rbf), "radial function") + ", Z up to " +
         std::to_string(config.max_z) + ": " + count(parameters.total, "parameter") + ", " +
         with_commas(static_cast<std::int64_t>(parameters.total - parameters.dead)) +
         " of them matter";
}

std::string switches(const StudentConfig& config) {
  const auto word = [](const auto& words, auto value) {
    return std::string(words[static_cast<std::size_t>(value)]);
  };
  return "cutoff_applied_to " + word(model_keys::kCutoffAppliedTo, config.cutoff_applied_to) +
         ", vector_mixing " + word(model_keys::kVectorMixing, config.vector_mixing) +
         ", directional_message " +
         word(model_keys::kDirectionalMessage, config.directional_message) + ", norm_epsilon " +
         formatted("%g", config.norm_epsilon);
}

std::string elements(const ImportedModel& imported) {
  const std::string list = symbols(imported.model.elements);
  switch (imported.element_source) {
    case ElementSource::chosen:
      return list + " (as given)";
    case ElementSource::checkpoint:
      return list + " (from the checkpoint)";
    case ElementSource::guessed:
      return list + " (a guess: " + imported.element_evidence + ")";
    case ElementSource::frames:
      break;
  }
  return list + " (a guess: those of the reference frames)";
}

std::string types(const ImportedModel& imported) {
  std::vector<std::string> words;
  for (const auto& [type, tensors] : imported.types) {
    words.push_back(std::to_string(tensors) + " tensors of " + type);
  }
  return joined(words);
}

}  // namespace

bool passed(const Parity& parity, const ParityLimits& limits) {
  return parity.energy.largest <= limits.energy && parity.force.largest <= limits.force;
}

std::string import_summary(const ImportedModel& imported, const std::string& source) {
  const StudentConfig& config = imported.model.config;
  std::string where = source + ": " + imported.format + ", " + types(imported);
  if (!imported.prefix.empty()) {
    where += " under " + in_quotes(imported.prefix.substr(0, imported.prefix.size() - 1));
  }
  std::string text = line("checkpoint", where);
  text += line("model", imported.model.name + ", " + sizes(config));
  text +=
      line("cutoff", formatted("%g Angstrom (%s)", config.cutoff, imported.cutoff_source.c_str()));
  text += line("switches", switches(config) + " (" + imported.switches_source + ")");
  text += line("elements", elements(imported));
  if (!imported.filled.empty()) {
    text += line("filled in", joined(imported.filled) +
                                  ": zeros for what the checkpoint lacks; no energy depends on it");
  }
  if (!imported.recomputed.empty()) {
    text += line("filled in", joined(imported.recomputed) +
                                  ": even from 0 to the cutoff, as PyTorch's model starts with");
  }
  if (imported.rounded > 0) {
    text += line("rounded",
                 count(imported.rounded, "float64 value") + " to float32, which model files hold");
  }
  return text + line("checked",
                     "every tensor's name and shape, the number of parameters, and that "
                     "all values are finite");
}

std::string parity_report(const Parity& parity,
                          const ParityLimits& limits,
                          const std::vector<Structure>& frames,
                          const std::string& source) {
  const auto row = [](const char* name, double energy, double force) {
    return formatted("  %-19s %15.1e %15.1e\n", name, energy, force);
  };
  std::string text =
      formatted("\n%-21s %15s %15s\n", ("against " + source).c_str(), "energy, eV", "force, eV/A");
  text += row("largest deviation", parity.energy.largest, parity.force.largest);
  text += row("RMS deviation", parity.energy.rms, parity.force.rms);
  text += row("tolerance", limits.energy, limits.force);
  const Structure& frame = frames[parity.force.frame];
  text += formatted("  %-19s %15s %15s  atom %zu, %s\n", "worst frame",
                    with_commas(static_cast<std::int64_t>(parity.energy.frame) + 1).c_str(),
                    with_commas(static_cast<std::int64_t>(parity.force.frame) + 1).c_str(),
                    parity.force.atom + 1,
                    std::string(element_symbol(frame.atomic_numbers[parity.force.atom])).c_str());
  text += formatted("  %s: %s frames\n", passed(parity, limits) ? "PASSED" : "MISSED",
                    with_commas(static_cast<std::int64_t>(frames.size())).c_str());
  if (!(parity.force.largest <= limits.force) && parity.force_change_nearby > limits.force) {
    text +=
        "  " +
        wrapped(formatted("At the worst atom the model's own force changes by %.2g eV/A when the "
                          "atoms move by 1e-7 A: it sits at a symmetric site, where this model's "
                          "energy has a cusp and forces cannot be compared. Displace the atoms a "
                          "little.",
                          parity.force_change_nearby),
                2) +
        "\n";
  }
  return text;
}

std::string physics_report(const PhysicsProbe& probe, const Model& model) {
  constexpr double kRounding = 1e-9;  // eV; double rounding is below 1e-12
  std::string text;
  if (probe.rotation_range <= kRounding) {
    text += line("rotation",
                 "turning " + probe.molecule + " does not change its energy, as it should be.");
  } else {
    text +=
        line("rotation", formatted("turning %s changes its energy by up to %.4f eV; in nature it "
                                   "would not change.",
                                   probe.molecule.c_str(), probe.rotation_range));
  }
  const std::string pair =
      std::string(element_symbol(probe.z_a)) + "-" + std::string(element_symbol(probe.z_b));
  if (std::abs(probe.cutoff_jump) <= kRounding) {
    text +=
        line("cutoff", formatted("the energy of no pair of atoms jumps at %g A, as it should be.",
                                 model.config.cutoff));
  } else {
    text +=
        line("cutoff", formatted("the energy of two atoms jumps by up to %.4f eV (%s) where they "
                                 "come within %g A; in nature it would not jump.",
                                 std::abs(probe.cutoff_jump), pair.c_str(), model.config.cutoff));
  }
  return text;
}

}  // namespace fusemd
