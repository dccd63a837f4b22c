// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/structure.hpp"
#include "host/train/data_set.hpp"
#include "weights/model.hpp"

namespace fusemd::train {

/// What a training run starts from, by file.
struct PreparationOptions {
  std::string data, valid, test;  ///< extended XYZ; the last two may be empty
  std::string unlabelled;         ///< frames for the teacher; may be empty
  std::optional<Model> teacher;   ///< labels them
  std::optional<Model> init;      ///< to go on from; else a new model of `config`
  StudentConfig config;           ///< of a new model
  DataOptions reading;
  std::uint64_t seed = 0;
};

struct Preparation {
  Model start;  ///< with elements, reference energies and training domain
  std::vector<Structure> train, valid, test;
  std::string split;               ///< how the validation frames were chosen, for the user
  std::vector<std::string> notes;  ///< what was kept out, what the data could not determine
  std::uint64_t hash = 0;          ///< of training and validation data
};

/// Reads and checks all data and makes the model that training starts from.
///
/// A new model's reference energies are fitted to the training energies; those of `init` get the
/// smallest change that brings its energies onto the new labels, which may come from another
/// method.
///
/// Errors   InputError: read_data(), require_samples() and set_aside(); elements of validation or
///          test frames that the training frames lack; elements that `init` was not trained on.
Preparation prepare_training(const PreparationOptions& options);

/// Energies and forces of the frames by a model: exact filters, double precision.
void label_frames(const Model& teacher, std::vector<Structure>& frames);

/// A few frames of different composition with energies and forces of the model in double precision,
/// for Model::reference_frames.
std::vector<ReferenceFrame> reference_frames(const Model& model,
                                             const std::vector<Structure>& frames);

}  // namespace fusemd::train
