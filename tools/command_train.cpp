// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "host/io/atomic_file.hpp"
#include "host/train/preparation.hpp"
#include "host/train/trainer.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/interrupt.hpp"
#include "tools/progress.hpp"
#include "tools/train_folder.hpp"
#include "tools/train_options.hpp"
#include "tools/train_report.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

/// Training for a time starts with a measurement of this share of it, within these bounds.
constexpr double kMeasuredShare = 0.01, kShortestMeasurement = 0.1, kLongestMeasurement = 2.0;
/// Checkpoints are not written more often than this: short trainings validate every few
/// milliseconds.
constexpr double kBetweenCheckpoints = 0.5;
/// Share of the time that validation and writing take.
constexpr double kOtherWork = 0.08;

double mean_pairs(const std::vector<Structure>& frames, double cutoff) {
  double pairs = 0.0;
  for (const Structure& frame : frames) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        pairs += norm(frame.positions[i] - frame.positions[j]) <= cutoff;
      }
    }
  }
  return pairs / static_cast<double>(frames.size());
}

/// The name of the model: what was asked for, else that of its file.
std::string model_name(const TrainOptions& options) {
  std::string name = options.name;
  if (name.empty()) name = std::filesystem::path(options.out).stem().string();
  return name.substr(0, 80);
}

std::string read_checkpoint(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw InputError({.file = path,
                      .problem = "there is no checkpoint to go on from",
                      .hint = "without --resume training starts at the beginning"});
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes models and curves of a trainer into their places.
class Outputs {
 public:
  Outputs(const TrainOptions& options, const train::Preparation& data, const TrainFolder& folder)
      : options_(options), data_(data), folder_(folder) {}

  void write_model(const train::Trainer& trainer,
                   const std::optional<train::ErrorSums>& valid,
                   const std::optional<train::ErrorSums>& test) const {
    write(trainer.best_model(), trainer, valid, test, folder_.model);
  }

  /// Everything that a later --resume, or a look at how it goes, needs.
  void write_state(const train::Trainer& trainer) const {
    write(trainer.last_model(), trainer, {}, {}, folder_.last());
    write_file_atomically(folder_.curve(), train::curve_csv(trainer.curve()));
    write_file_atomically(folder_.picture(),
                          train::curve_svg(trainer.curve(), model_name(options_)));
    write_file_atomically(folder_.checkpoint(), trainer.save());
  }

 private:
  void write(Model model,
             const train::Trainer& trainer,
             const std::optional<train::ErrorSums>& valid,
             const std::optional<train::ErrorSums>& test,
             const std::string& path) const {
    model.name = model_name(options_);
    model.training_domain = data_.start.training_domain;
    model.provenance = provenance_json(options_, data_, trainer.curve(), valid, test);
    model.reference_frames = train::reference_frames(model, data_.train);
    write_file_atomically(path, format_model(model));
  }

  const TrainOptions& options_;
  const train::Preparation& data_;
  const TrainFolder& folder_;
};

}  // namespace

int train_command(const std::vector<std::string>& arguments) {
  using Clock = std::chrono::steady_clock;
  TrainOptions train_options;
  Options options("train", "Learns a model from frames with energies and forces.");
  train_options.declare(options);
  options.parse(arguments);
  train_options.check(options);

  const TrainFolder folder(train_options.out);
  std::string saved;
  if (train_options.resume) saved = read_checkpoint(folder.checkpoint());
  const train::Preparation data = train::prepare_training(train_options.preparation());
  train_options.resolve(data.start.config, mean_pairs(data.train, data.start.config.cutoff));
  train::TrainerOptions trainer_options = train_options.trainer();
  train::Trainer trainer(data.start, data.train, data.valid, trainer_options);
  if (train_options.resume) {
    trainer.restore(saved, folder.checkpoint());
  } else if (train_options.frames == 0) {
    const double seconds = train_options.seconds();
    const double rate = trainer.measure_rate(
        std::clamp(kMeasuredShare * seconds, kShortestMeasurement, kLongestMeasurement));
    trainer.set_frames(
        std::max<std::int64_t>(1, static_cast<std::int64_t>(rate * seconds * (1.0 - kOtherWork))));
  }
  train_options.frames = trainer_options.frames = trainer.frames();
  train_options.choose_saved(options);

  folder.prepare(train_options.overwrite, train_options.resume);
  write_file_atomically(folder.config(), options.resolved());
  if (!train_options.quiet) print_note(train_heading(train_options, data, trainer_options));

  const InterruptGuard interrupt;
  const Outputs outputs(train_options, data, folder);
  ProgressReport progress(train_options.quiet        ? ProgressReport::Style::none
                          : notes_go_to_a_terminal() ? ProgressReport::Style::bar
                                                     : ProgressReport::Style::lines);
  auto shown = Clock::now();
  bool improved = false;
  trainer.stop = &interrupt.requested();
  trainer.progress = [&](const train::TrainingProgress& now) {
    improved = improved || now.best;
    if (!now.message.empty()) {
      progress.clear();
      print_note("warning: " + now.message + "\n");
    }
    if (now.row != nullptr && !train_options.quiet) {
      progress.clear();
      print_note(validation_line(now));
    }
    if (Clock::now() - shown < std::chrono::milliseconds(100)) return;
    shown = Clock::now();
    progress.show(
        {.step = now.frames,
         .steps = now.frames_total,
         .fraction = static_cast<double>(now.frames) / static_cast<double>(now.frames_total),
         .rate = now.rate,
         .seconds = now.seconds,
         .unit = "frame"});
  };
  auto written = Clock::now() - std::chrono::hours(1);
  trainer.checkpoint = [&](const train::Trainer& now) {
    const bool soon =
        std::chrono::duration<double>(Clock::now() - written).count() < kBetweenCheckpoints;
    if (soon && !interrupt.requested()) return;
    if (improved) outputs.write_model(now, {}, {});
    improved = false;
    outputs.write_state(now);
    written = Clock::now();
  };
  const auto begin = Clock::now();
  std::optional<train::TrainerResult> result;
  try {
    result = trainer.run();
  } catch (const train::TrainingDiverged& error) {
    progress.clear();
    print_note("fusemd: " + std::string(error.what()) +
               "\n  hint:     --learning-rate; are the labels right?\n");
    return kDiverged;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  progress.clear();
  if (result->stopped) {
    if (!train_options.quiet) print_note("stopped by a signal; --resume goes on\n");
    return 128 + interrupt.signal();
  }

  const train::ErrorSums valid = trainer.test(data.valid);
  std::optional<train::ErrorSums> test;
  if (!data.test.empty()) test = trainer.test(data.test);
  outputs.write_model(trainer, valid, test);
  outputs.write_state(trainer);
  print_result(train_result(train_options, *result, valid, test, seconds));
  return kOk;
}

}  // namespace fusemd
