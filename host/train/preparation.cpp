// SPDX-License-Identifier: MIT
#include "host/train/preparation.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "host/cpu/cpu_potential.hpp"
#include "host/elements.hpp"
#include "host/train/new_model.hpp"
#include "host/train/reference_energies.hpp"
#include "weights/error.hpp"

namespace fusemd::train {
namespace {

/// Frames in which an element must occur before a new model can learn it.
constexpr std::size_t kLeastFramesOfElement = 10;
constexpr std::size_t kReferenceFrames = 6;
/// Larger molecules would make model files needlessly large.
constexpr std::size_t kLargestReferenceFrame = 60;

std::string names(const std::vector<int>& elements) {
  std::string text;
  for (const int z : elements) text += (text.empty() ? "" : ", ") + std::string(element_symbol(z));
  return text;
}

void require_known(const std::vector<Structure>& frames,
                   const std::vector<int>& known,
                   const std::string& whose) {
  for (const Structure& frame : frames) {
    for (const int z : frame.atomic_numbers) {
      if (std::ranges::binary_search(known, z)) continue;
      throw InputError(
          {.file = frame.name,
           .problem = "an element that " + whose + " lack" + (whose.ends_with('s') ? "" : "s"),
           .expected = names(known),
           .found = std::string(element_symbol(z))});
    }
  }
}

/// Calls take(frame, energy, forces) for every frame.
template <class Take>
void evaluate(const Potential& potential, std::span<const Structure> frames, Take take) {
  std::unique_ptr<Evaluator> evaluator;
  std::vector<int> atoms;
  std::vector<Vec3> forces;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (!evaluator || atoms != frames[k].atomic_numbers) {
      evaluator = potential.make_evaluator(frames[k].atomic_numbers);
      atoms = frames[k].atomic_numbers;
    }
    forces.resize(frames[k].size());
    const double energy = evaluator->compute(frames[k].positions, forces);
    take(k, energy, forces);
  }
}

void fit_energies(const std::vector<Structure>& frames, bool continued, Preparation& result) {
  std::vector<double> energies;
  for (const Structure& frame : frames) energies.push_back(*frame.energy);
  Model& model = result.start;
  std::vector<int> elements = elements_of(frames);
  if (continued) {
    // Constants for elements need no more than the engine's fast path, ten times as fast.
    evaluate(*cpu::make_potential(model, {}), frames,
             [&](std::size_t k, double energy, const auto&) { energies[k] -= energy; });
  }
  const ReferenceEnergyFit fit = fit_reference_energies(frames, energies, elements);
  for (const auto& [z, energy] : fit.energies) model.reference_energies[z] += energy;
  char rms[32];
  std::snprintf(rms, sizeof rms, "%.4f", fit.rms);
  result.notes.push_back("reference energies of " + names(elements) + " fitted: " + rms +
                         " eV/atom root mean square left for the network");
  if (fit.rank < elements.size()) {
    result.notes.push_back(
        "the compositions in the data determine " + std::to_string(fit.rank) + " of " +
        std::to_string(elements.size()) +
        " reference energies; the smallest that fit are taken. Energies of other compositions "
        "mean nothing, forces do");
  }
}

DataOptions without_labels(DataOptions options) {
  options.labelled = false;
  return options;
}

}  // namespace

void label_frames(const Model& teacher, std::vector<Structure>& frames) {
  const auto potential = cpu::make_potential(
      teacher, {.filters = cpu::Filters::exact, .precision = cpu::Precision::real_double});
  evaluate(*potential, frames, [&](std::size_t k, double energy, const std::vector<Vec3>& forces) {
    frames[k].energy = energy;
    frames[k].forces = forces;
  });
}

Preparation prepare_training(const PreparationOptions& options) {
  Preparation result;
  DataOptions reading = options.reading;
  reading.cutoff = options.init ? options.init->config.cutoff : options.config.cutoff;
  std::vector<Structure> frames;
  std::string source = options.data;
  const auto append = [&](DataSet data) {
    result.notes.insert(result.notes.end(), data.notes.begin(), data.notes.end());
    result.hash = result.hash * 0x100000001b3U ^ data.hash;
    for (Structure& frame : data.frames) frames.push_back(std::move(frame));
  };
  if (!options.data.empty()) append(read_data(options.data, reading));
  if (options.teacher) {
    DataSet extra = read_data(options.unlabelled, without_labels(reading));
    label_frames(*options.teacher, extra.frames);
    result.notes.push_back(options.unlabelled + ": " + std::to_string(extra.frames.size()) +
                           " frames labelled by " + options.teacher->name);
    append(std::move(extra));
    if (source.empty()) source = options.unlabelled;
  }
  if (options.valid.empty()) {
    Split split = set_aside(frames, options.seed, source);
    for (const std::size_t k : split.train) result.train.push_back(std::move(frames[k]));
    for (const std::size_t k : split.valid) result.valid.push_back(std::move(frames[k]));
    result.split = std::move(split.description);
  } else {
    result.train = std::move(frames);
    DataSet valid = read_data(options.valid, reading);
    result.notes.insert(result.notes.end(), valid.notes.begin(), valid.notes.end());
    result.hash = result.hash * 0x100000001b3U ^ valid.hash;
    result.valid = std::move(valid.frames);
    result.split =
        std::to_string(result.valid.size()) + " frames of " + options.valid + " for validation";
  }
  if (!options.test.empty()) {
    DataSet test = read_data(options.test, reading);
    result.notes.insert(result.notes.end(), test.notes.begin(), test.notes.end());
    result.test = std::move(test.frames);
  }

  if (options.init) {
    result.start = *options.init;
    require_known(result.train, result.start.elements, result.start.name);
  } else {
    require_samples(result.train, kLeastFramesOfElement, source);
    result.start = new_model(options.config, elements_of(result.train), options.seed);
  }
  const std::string whose = options.init ? result.start.name : "the training frames";
  require_known(result.valid, result.start.elements, whose);
  require_known(result.test, result.start.elements, whose);
  fit_energies(result.train, options.init.has_value(), result);
  result.start.training_domain =
      training_domain(result.train, "smallest distances and temperatures of the training frames");
  return result;
}

std::vector<ReferenceFrame> reference_frames(const Model& model,
                                             const std::vector<Structure>& frames) {
  std::vector<Structure> chosen;
  std::set<std::vector<int>> seen;
  for (const Structure& frame : frames) {
    if (chosen.size() == kReferenceFrames) break;
    if (frame.size() > kLargestReferenceFrame) continue;
    std::vector<int> composition = frame.atomic_numbers;
    std::ranges::sort(composition);
    if (seen.insert(composition).second) chosen.push_back(frame);
  }
  label_frames(model, chosen);
  std::vector<ReferenceFrame> result;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const Structure& frame = chosen[k];
    ReferenceFrame reference;
    reference.name = "training frame " + std::to_string(k + 1);
    reference.atomic_numbers = frame.atomic_numbers;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const Vec3 &r = frame.positions[i], &f = (*frame.forces)[i];
      reference.positions.insert(reference.positions.end(), {r.x, r.y, r.z});
      reference.forces.insert(reference.forces.end(), {f.x, f.y, f.z});
    }
    reference.energy = *frame.energy;
    result.push_back(std::move(reference));
  }
  return result;
}

}  // namespace fusemd::train
