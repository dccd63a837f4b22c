// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "host/train/new_model.hpp"
#include "host/train/preparation.hpp"
#include "host/train/reference_energies.hpp"
#include "host/train/trainer.hpp"
#include "test/host/train/labelled.hpp"
#include "test/support/close.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

using train::Trainer;
using train::TrainerOptions;
using train::TrainerResult;

StudentConfig small() {
  StudentConfig config = train::config_of_size("ultra_tiny");
  config.hidden_dim = 16;
  return config;
}

struct Data {
  std::vector<Structure> train = labelled_frames(60, 1), valid = labelled_frames(30, 2);
  Model start;
  Data() : start(train::new_model(small(), {1, 6, 8}, 5)) {
    start.name = "start";
    std::vector<double> energies;
    for (const Structure& frame : train) energies.push_back(*frame.energy);
    start.reference_energies =
        train::fit_reference_energies(train, energies, start.elements).energies;
  }
};

const Data& data() {
  static const Data value;
  return value;
}

TrainerOptions short_run() {
  TrainerOptions options;
  options.batch = 8;
  options.frames = 8 * 60;
  options.learning_rate = 5e-3;
  options.validations = 6;
  options.seed = 3;
  return options;
}

/// Runs to the end, with a stop after each of the given numbers of steps and a new trainer for what
/// is left, as if the program had been ended and started again.
Model train_with_stops(const TrainerOptions& options, const std::vector<std::int64_t>& stops) {
  std::string saved;
  for (std::size_t part = 0; part <= stops.size(); ++part) {
    Trainer trainer(data().start, data().train, data().valid, options);
    if (!saved.empty()) trainer.restore(saved, "checkpoint");
    std::atomic<bool> stop{false};
    trainer.stop = &stop;
    const std::int64_t at =
        part < stops.size() ? stops[part] * static_cast<std::int64_t>(options.batch) : -1;
    trainer.progress = [&](const train::TrainingProgress& now) {
      if (now.frames == at) stop = true;
    };
    trainer.checkpoint = [&](const Trainer& now) { saved = now.save(); };
    const TrainerResult result = trainer.run();
    REQUIRE(result.stopped == (part < stops.size()));
    if (part == stops.size()) return trainer.best_model();
  }
  return {};
}

}  // namespace

TEST_CASE("training learns what a teacher labelled") {
  TrainerOptions options = short_run();
  options.frames = 8 * 600;
  Trainer trainer(data().start, data().train, data().valid, options);
  const double before = trainer.test(data().valid).force_mae();
  const TrainerResult result = trainer.run();
  REQUIRE(result.curve.size() == 6);
  REQUIRE(result.frames == 4800);
  // The best of the curve is what best_model() holds, and it is far better than the start.
  const double after = trainer.test(data().valid).force_mae();
  double best = 1e9;
  for (const train::CurveRow& row : result.curve) best = std::min(best, row.force_mae);
  require_close(after, best, {0.0, 0.1, "curve rows may see a part of the frames only"});
  INFO("force MAE " << before << " before, " << after << " after");
  REQUIRE(after < 0.35 * before);
  // The shipped CPU engine agrees with what the trainer says of its model.
  std::vector<Structure> frames = data().valid;
  train::label_frames(trainer.best_model(), frames);
  double sum = 0.0, components = 0.0;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    for (std::size_t i = 0; i < frames[k].size(); ++i) {
      const Vec3 e = (*frames[k].forces)[i] - (*data().valid[k].forces)[i];
      sum += std::abs(e.x) + std::abs(e.y) + std::abs(e.z);
      components += 3.0;
    }
  }
  require_close(sum / components, after, {0.0, 1e-4, "float against double"});
}

TEST_CASE("an interrupted training gives the same bits, with any number of threads") {
  TrainerOptions options = short_run();
  for (const std::size_t knots : {0u, 32u}) {
    options.knots = knots;
    options.optimizer = knots == 0 ? "adam" : "muon";
    options.threads = 1;
    const Model whole = train_with_stops(options, {});
    options.threads = 3;
    REQUIRE(same_bits(train_with_stops(options, {1, 2, 9, 10, 11, 25, 30, 41, 58, 59}), whole));
    options.seed += 1;
    REQUIRE_FALSE(same_bits(train_with_stops(options, {}), whole));
  }
}

TEST_CASE("a checkpoint of something else, or a damaged one, is refused") {
  TrainerOptions options = short_run();
  options.frames = 8 * 10;
  std::string saved;
  Trainer trainer(data().start, data().train, data().valid, options);
  trainer.checkpoint = [&](const Trainer& now) { saved = now.save(); };
  trainer.run();
  const auto refused = [&](const TrainerOptions& other, const std::string& bytes) {
    Trainer again(data().start, data().train, data().valid, other);
    try {
      again.restore(bytes, "x.train/checkpoint");
    } catch (const InputError& error) {
      REQUIRE(error.parts().file == "x.train/checkpoint");
      const std::string head = "the training checkpoint cannot be used: ";
      REQUIRE(error.parts().problem.starts_with(head));
      return error.parts().problem.substr(head.size());
    }
    return std::string();
  };
  REQUIRE(refused(options, saved).empty());
  TrainerOptions other = options;
  other.learning_rate *= 2;
  REQUIRE(refused(other, saved) == "it is of other data or other options");
  other = options;
  other.threads = 2;  // does not count
  REQUIRE(refused(other, saved).empty());
  other.frames = 0;  // by time: takes the checkpoint's
  REQUIRE(refused(other, saved).empty());
  REQUIRE(refused(options, saved.substr(0, saved.size() / 2)) == "it is damaged");
  REQUIRE(refused(options, saved + "x") == "it is damaged");
  std::string flipped = saved;
  flipped[saved.size() / 3] = static_cast<char>(flipped[saved.size() / 3] ^ 1);
  REQUIRE(refused(options, flipped) == "it is damaged");
  REQUIRE(refused(options, "") == "it is none of this version");
  REQUIRE(refused(options, "fusemd-training-checkpoint 1\n") == "it is damaged");
}

TEST_CASE("a loss that is not finite steps back and never spoils the model") {
  TrainerOptions options = short_run();
  options.learning_rate = 1e6;
  options.warm_up = 1;
  Trainer trainer(data().start, data().train, data().valid, options);
  int warnings = 0;
  trainer.progress = [&](const train::TrainingProgress& now) {
    if (!now.message.empty()) ++warnings;
  };
  int setbacks = 0;
  try {
    setbacks = trainer.run().setbacks;
  } catch (const train::TrainingDiverged&) {
    setbacks = 11;
  }
  REQUIRE(setbacks > 0);
  REQUIRE(warnings >= std::min(setbacks, 10));
  for (const auto& [name, tensor] : trainer.best_model().tensors) {
    for (const float value : tensor.values) REQUIRE(std::isfinite(value));
  }
}

TEST_CASE("a model that runs away steps back long before its loss is not finite") {
  TrainerOptions options = short_run();
  options.frames = 8 * 400;
  options.validations = 40;
  options.learning_rate = 0.5;
  options.warm_up = 200;
  Trainer trainer(data().start, data().train, data().valid, options);
  std::vector<std::string> warnings;
  trainer.progress = [&](const train::TrainingProgress& now) {
    if (!now.message.empty()) warnings.push_back(now.message);
  };
  const TrainerResult result = trainer.run();
  REQUIRE(result.setbacks > 0);
  REQUIRE(std::ranges::any_of(warnings, [](const std::string& warning) {
    return warning.starts_with("validation is ten times the best at frame ");
  }));
  double best = 1e9;
  for (const train::CurveRow& row : result.curve) {
    best = std::min(best, row.force_mae + options.loss.energy_weight * row.energy_mae);
    REQUIRE(row.force_mae + options.loss.energy_weight * row.energy_mae <= 10.0 * best);
  }
}

TEST_CASE("dead parameters and elements without data stay zero; frozen embeddings stay") {
  TrainerOptions options = short_run();
  options.frames = 8 * 20;
  Trainer trainer(data().start, data().train, data().valid, options);
  trainer.run();
  const Model model = trainer.best_model();
  for (const TensorRows& rows : dead_rows(model.config)) {
    const Tensor& tensor = model.tensors.at(rows.tensor);
    const std::size_t width = tensor.shape.size() > 1 ? tensor.shape[1] : 1;
    for (std::size_t k = rows.begin * width; k < rows.end * width; ++k) {
      REQUIRE(tensor.values[k] == 0.0F);
    }
  }
  const std::vector<float>& embedding = model.values("embedding.weight");
  for (std::size_t c = 0; c < 16; ++c) {
    REQUIRE(embedding[7 * 16 + c] == 0.0F);
    REQUIRE(embedding[6 * 16 + c] != data().start.values("embedding.weight")[6 * 16 + c]);
  }
  options.freeze_embedding = true;
  Trainer frozen(data().start, data().train, data().valid, options);
  frozen.run();
  REQUIRE(frozen.best_model().values("embedding.weight") ==
          data().start.values("embedding.weight"));
  REQUIRE(frozen.best_model().values("energy_head.0.weight") !=
          data().start.values("energy_head.0.weight"));
}

TEST_CASE("fine-tuning starts from where the model is") {
  const Model shipped = shipped_model("ultra_tiny");
  TrainerOptions options = short_run();
  options.learning_rate = 1e-4;
  options.frames = 8 * 5;
  Trainer trainer(shipped, data().train, data().valid, options);
  // It labelled these frames itself: nothing is left to learn but rounding.
  REQUIRE(trainer.test(data().valid).force_mae() < 2e-5);
  trainer.run();
  REQUIRE(trainer.test(data().valid).force_mae() < 0.02);
}

}  // namespace fusemd::test
