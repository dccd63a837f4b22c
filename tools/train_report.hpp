// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "host/train/gradient.hpp"
#include "host/train/preparation.hpp"
#include "host/train/trainer.hpp"
#include "tools/train_options.hpp"

namespace fusemd {

/// The provenance of a trained model as JSON text: data and their hash, recipe, curve, figures.
/// A function of the result alone: neither time nor threads stand in it.
std::string provenance_json(const TrainOptions& options,
                            const train::Preparation& data,
                            const std::vector<train::CurveRow>& curve,
                            const std::optional<train::ErrorSums>& valid,
                            const std::optional<train::ErrorSums>& test);

/// The lines before training: program, data, split, model, recipe.
std::string train_heading(const TrainOptions& options,
                          const train::Preparation& data,
                          const train::TrainerOptions& trainer);

/// A validation as a line of the log.
std::string validation_line(const train::TrainingProgress& now);

/// Figures at the end, as a table or as JSON.
std::string train_result(const TrainOptions& options,
                         const train::TrainerResult& result,
                         const std::optional<train::ErrorSums>& valid,
                         const std::optional<train::ErrorSums>& test,
                         double seconds);

}  // namespace fusemd
