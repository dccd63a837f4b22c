// SPDX-License-Identifier: MIT
#include "tools/train_options.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>

#include "host/io/text.hpp"
#include "host/model_path.hpp"
#include "host/train/new_model.hpp"
#include "host/train/optimizer.hpp"
#include "tools/time_span.hpp"
#include "weights/model_check.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

constexpr std::int64_t kMostFrames = 1'000'000'000'000;
constexpr std::int64_t kLargestSeed = 9'007'199'254'740'991;  // 2^53 - 1
/// Knots of the filters: more gain little, single precision divides rounding by the spacing.
constexpr std::size_t kKnots = 256;
/// From this many channels on a model counts as wide, when nothing else is asked for.
constexpr int kWide = 96;

}  // namespace

void TrainOptions::declare(Options& options) {
  options.group("Data");
  options.text("data", data, "FILE", "extended XYZ with energies and forces to learn from");
  options.text("valid", valid, "FILE",
               "frames to choose the best model by; else whole trajectories of --data are set "
               "aside");
  options.text("test", test, "FILE", "frames for the final figures");
  options.text("teacher", teacher, "MODEL", "labels the frames of --unlabelled");
  options.text("unlabelled", unlabelled, "FILE", "further frames to learn from, for --teacher");
  options.choice("energy-unit", energy_unit, train::energy_unit_names(),
                 "of the files; auto: eV, and refuse what looks like another");
  options.choice("force-unit", force_unit, train::force_unit_names(), "of the files, likewise");
  options.number("force-limit", force_limit, {0.0, 1e6, false}, "eV/Angstrom",
                 "frames with a larger force are kept out");
  options.config();

  options.group("Model");
  options.choice("size", size, {"original", "tiny", "ultra_tiny"}, "of a new model");
  options.integer("hidden", hidden, {0, ModelBounds::kMaxHiddenDim},
                  "channels, a multiple of 4; 0: as --size says");
  options.integer("layers", layers, {0, ModelBounds::kMaxInteractions},
                  "message-passing layers; 0: as --size says");
  options.integer("rbf", rbf, {0, ModelBounds::kMaxRbf}, "radial functions; 0: as --size says");
  options.number("cutoff", cutoff, {0.0, ModelBounds::kMaxCutoff, true}, "Angstrom",
                 "0: as --size says");
  options.text("init", init, "MODEL", "go on from this model instead of a new one");
  options.text("name", name, "NAME", "of the model, in its file; else that of the file");

  options.group("Learning");
  options.text("time", time, "TIME", "how long: 90s, 30m, 2h; turned into frames at the start");
  options.integer("frames", frames, {0, kMostFrames},
                  "how many frames to train on instead, each as often as it is seen; 0: by --time");
  options.integer("batch", batch, {0, 4096}, "frames a step; 0: 16, or 32 for wide models");
  options.number("learning-rate", learning_rate, {0.0, 1.0, true}, "",
                 "at its top; 0: by optimiser, batch and width; with --init a third of that");
  options.choice("loss", loss, {"norm", "square", "huber"},
                 "of the errors: their length, its square, or a mixture");
  options.number("energy-weight", energy_weight, {0.0, 1e6, true}, "",
                 "of the energy error per atom against the force error of an atom");
  options.choice("optimizer", optimizer, train::optimizer_names(), "turns gradients into steps");
  options.choice("filters", filters, {"auto", "exact", "knots"},
                 "in training: the filter network for each pair, or on 256 distances a batch; "
                 "auto: the faster");
  options.flag("freeze-embedding", freeze_embedding, "leave the elements' embeddings as they are");
  options.integer("validations", validations, {1, 10'000}, "over the whole run");
  options.integer("seed", seed, {0, kLargestSeed}, "of weights, order of frames and split");

  options.group("Output");
  options.text("out", out, "MODEL.json", "the model; beside it a folder with curve and checkpoint");
  options.flag("overwrite", overwrite, "replace an earlier model and its folder's files");
  options.flag("resume", resume, "go on from the folder's checkpoint");
  options.flag("quiet", quiet, "print nothing on stderr but errors");
  options.flag("json", json, "print the result as JSON");
  for (const char* unsaved : {"overwrite", "resume", "quiet", "json"}) options.unsaved(unsaved);

  options.group("Engine");
  options.integer("threads", threads, {0, 1024}, "CPU threads; 0: one for each the machine has");
  options.choice("instruction-set", instruction_set, {"auto", "sse4", "avx2", "avx512"}, "to use");
  options.examples(
      "Examples:\n"
      "  fusemd train --data labels.xyz --size tiny --time 10m --out mine.json\n"
      "  fusemd train --data few.xyz --init tiny --time 1m --out tuned.json\n"
      "  fusemd train --teacher original --unlabelled frames.xyz --size ultra_tiny --out "
      "small.json\n"
      "\n"
      "Units: eV, Angstrom. Files: MODEL.json (the best by validation) and MODEL.train/ with\n"
      "train.json, curve.csv, curve.svg, last.json, checkpoint. Exit codes: 0 done, 2 usage,\n"
      "3 bad input, 5 the loss diverged, 7 cannot write, 130 and 143 stopped by a signal.");
}

void TrainOptions::check(Options& options) const {
  if (data.empty() && teacher.empty()) {
    options.require("data", data, "--data FILE.xyz with energies and forces");
  }
  options.require("out", out, "--out MODEL.json");
  if (!out.ends_with(".json")) options.refuse("out", "not the name of a model file", "MODEL.json");
  if (teacher.empty() != unlabelled.empty()) {
    options.refuse(teacher.empty() ? "unlabelled" : "teacher", "one without the other",
                   "--teacher MODEL --unlabelled FILE");
  }
  if (!time_span(time)) {
    options.refuse("time", "not a length of time", "for example 90s, 30m or 2h, at most 1e7 s");
  }
  if (frames > 0 && options.given("time")) {
    options.refuse("time", "both --time and --frames", "one of them");
  }
  if (!init.empty()) {
    for (const char* option : {"size", "hidden", "layers", "rbf", "cutoff"}) {
      if (options.given(option)) {
        options.refuse(option, "the size is that of --init", "one of them");
      }
    }
  }
  if (hidden % 4 != 0) options.refuse("hidden", "not a multiple of 4", "4, 8, ... 512");
  if (cutoff != 0.0 && cutoff < ModelBounds::kMinCutoff) {
    options.refuse("cutoff", "too short", "0.5 to 20 Angstrom");
  }
  if (resume && overwrite) options.refuse("resume", "not together with --overwrite");
  if (freeze_embedding && init.empty()) {
    options.refuse("freeze-embedding", "a new model's embeddings mean nothing yet", "--init MODEL");
  }
}

void TrainOptions::choose_saved(Options& options) const {
  options.unsaved("time");
  const std::pair<const char*, const std::string&> texts[] = {
      {"data", data},       {"valid", valid},           {"test", test},
      {"teacher", teacher}, {"unlabelled", unlabelled}, {"init", init},
      {"name", name}};
  for (const auto& [option, value] : texts) {
    if (value.empty()) options.unsaved(option);
  }
  // A model to go on from brings its size.
  if (!init.empty()) {
    for (const char* option : {"size", "hidden", "layers", "rbf", "cutoff"})
      options.unsaved(option);
  }
}

double TrainOptions::seconds() const { return time_span(time).value(); }

StudentConfig TrainOptions::config() const {
  StudentConfig result = train::config_of_size(size);
  if (hidden > 0) result.hidden_dim = static_cast<int>(hidden);
  if (layers > 0) result.num_interactions = static_cast<int>(layers);
  if (rbf > 0) result.num_rbf = static_cast<int>(rbf);
  if (cutoff > 0.0) result.cutoff = cutoff;
  return result;
}

train::PreparationOptions TrainOptions::preparation() const {
  train::PreparationOptions result;
  result.data = data;
  result.valid = valid;
  result.test = test;
  result.unlabelled = unlabelled;
  if (!teacher.empty()) result.teacher = read_model(find_model(teacher));
  if (!init.empty()) result.init = read_model(find_model(init));
  result.config = config();
  result.reading.energy_unit = energy_unit;
  result.reading.force_unit = force_unit;
  result.reading.force_limit = force_limit;
  result.seed = static_cast<std::uint64_t>(seed);
  return result;
}

void TrainOptions::resolve(const StudentConfig& model, double mean_pairs) {
  const bool wide = model.hidden_dim >= kWide;
  if (batch == 0) batch = wide ? 32 : 16;
  if (learning_rate == 0.0) {
    if (optimizer == "muon") {
      learning_rate = 1e-2 * std::sqrt(static_cast<double>(batch) / 16.0);
    } else {
      learning_rate = wide ? 1e-3 : 2e-3;
    }
    if (!init.empty()) learning_rate /= 3.0;
  }
  if (filters == "auto") {
    // A pair costs less to interpolate than to compute: knots win where there are more pairs.
    const bool many = static_cast<double>(batch) * mean_pairs > 1.5 * static_cast<double>(kKnots);
    filters = many ? "knots" : "exact";
  }
}

train::TrainerOptions TrainOptions::trainer() const {
  train::TrainerOptions result;
  result.loss.kind = loss == "square"  ? train::LossKind::square
                     : loss == "huber" ? train::LossKind::huber
                                       : train::LossKind::norm;
  result.loss.energy_weight = energy_weight;
  result.optimizer = optimizer;
  result.batch = static_cast<std::size_t>(batch);
  result.frames = frames;
  result.learning_rate = learning_rate;
  result.validations = validations;
  result.knots = filters == "knots" ? kKnots : 0;
  result.freeze_embedding = freeze_embedding;
  result.seed = static_cast<std::uint64_t>(seed);
  result.instruction_set = instruction_set;
  result.threads = static_cast<std::size_t>(
      threads > 0 ? threads : std::max<std::int64_t>(1, std::thread::hardware_concurrency()));
  return result;
}

}  // namespace fusemd
