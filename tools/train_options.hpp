// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "host/train/preparation.hpp"
#include "host/train/trainer.hpp"
#include "tools/options.hpp"

namespace fusemd {

/// The options of `fusemd train`.
struct TrainOptions {
  std::string data, valid, test, teacher, unlabelled;
  std::string energy_unit = "auto", force_unit = "auto";
  double force_limit = 50.0;

  std::string size = "tiny", init, name;
  std::int64_t hidden = 0, layers = 0, rbf = 0;  ///< 0: those of the size
  double cutoff = 0.0;

  std::string time = "10m";
  std::int64_t frames = 0;  ///< 0: as many as fit into the time
  std::int64_t batch = 0;   ///< 0: chosen by the model's width
  double learning_rate = 0.0;
  std::string loss = "norm";
  double energy_weight = 0.5;
  std::string optimizer = "muon";
  std::string filters = "auto";
  bool freeze_embedding = false;
  std::int64_t validations = 40;
  std::int64_t seed = 0;

  std::int64_t threads = 0;
  std::string instruction_set = "auto";
  std::string out;
  bool overwrite = false, resume = false, quiet = false, json = false;

  void declare(Options& options);
  /// Refuses what does not go together.
  void check(Options& options) const;
  /// Keeps empty texts, and the time that has become frames, out of the resolved configuration.
  void choose_saved(Options& options) const;

  /// --time in seconds.
  double seconds() const;
  /// Hyper-parameters of a new model.
  StudentConfig config() const;
  train::PreparationOptions preparation() const;
  /// Fills in what was left to be chosen (batch, learning rate, filters); `mean_pairs` is that of
  /// the training frames.
  void resolve(const StudentConfig& config, double mean_pairs);
  train::TrainerOptions trainer() const;
};

}  // namespace fusemd
