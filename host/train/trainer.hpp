// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/structure.hpp"
#include "host/train/curve.hpp"
#include "host/train/gradient.hpp"
#include "weights/model.hpp"

namespace fusemd::train {

struct TrainerOptions {
  Loss loss;
  std::string optimizer = "muon";
  std::size_t batch = 32;
  std::int64_t frames = 0;        ///< to train on in all; each counts every time it is seen
  double learning_rate = 1e-3;    ///< at the top: a linear warm-up, then half a cosine down
  std::int64_t warm_up = 200;     ///< steps
  double last_rate = 0.005;       ///< share of the learning rate that is left at the end
  std::int64_t validations = 40;  ///< evenly spread over the run
  std::size_t knots = 0;          ///< of the filters; 0: exact
  bool freeze_embedding = false;
  std::uint64_t seed = 0;
  std::string instruction_set = "auto";
  std::size_t threads = 1;
};

/// What progress() is told.
struct TrainingProgress {
  std::int64_t frames = 0, frames_total = 0;
  double rate = 0.0;              ///< frames a second, lately
  double seconds = 0.0;           ///< since run() began
  const CurveRow* row = nullptr;  ///< a validation that has just been made
  bool best = false;              ///< and it is the best so far
  std::string message;            ///< something out of the ordinary
};

struct TrainerResult {
  bool stopped = false;  ///< by the flag; a checkpoint holds everything
  std::int64_t frames = 0;
  CurveRow best;  ///< the validation that chose the model
  std::vector<CurveRow> curve;
  int setbacks = 0;  ///< times the loss or a validation ran away and the rate was halved
};

/// The loss stayed non-finite however small the learning rate.
class TrainingDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Learns a model from labelled frames.
///
/// Every batch is the next part of a shuffled pass over the data; every pass has an order of its
/// own. After each of `validations` equal parts of the run the running average of the parameters is
/// validated; the best by force MAE + energy_weight * energy MAE is the result. A step whose loss
/// or gradient is not finite goes back to the last validation with half the learning rate.
///
/// Result   a function of the start, the frames and the options but for `threads` and
///          `checkpoint`: the same bits whether or not it was interrupted.
class Trainer {
 public:
  /// `start` gives the hyper-parameters, the elements, the reference energies and the first values
  /// of the parameters.
  ///
  /// Errors   InputError for a variant of the architecture that training does not know.
  Trainer(const Model& start,
          const std::vector<Structure>& train,
          const std::vector<Structure>& valid,
          const TrainerOptions& options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Frames a second, measured on a few batches; nothing is changed by it.
  double measure_rate(double seconds);
  /// Sets how many frames run() trains on: for a budget of time rather than of frames.
  void set_frames(std::int64_t frames);
  std::int64_t frames() const;

  /// Called after every batch, or nearly.
  std::function<void(const TrainingProgress&)> progress;
  /// Called whenever the state is worth keeping: after each validation, and when stopped.
  std::function<void(const Trainer&)> checkpoint;
  const std::atomic<bool>* stop = nullptr;

  /// Trains to the end, or until `stop` is set.
  ///
  /// Errors   TrainingDiverged after ten setbacks.
  TrainerResult run();

  /// Everything that run() needs to go on, as bytes; restore() refuses those of other data or
  /// options (InputError naming `path`). With no number of frames set, restore() takes theirs.
  std::string save() const;
  void restore(std::string_view bytes, const std::string& path);

  /// The best model by validation (the start if there was none yet), and the last average.
  Model best_model() const;
  Model last_model() const;
  const std::vector<CurveRow>& curve() const;

  /// Errors of the best model on other frames, which must have its elements.
  ErrorSums test(const std::vector<Structure>& frames) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fusemd::train
