// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd {

/// Bounds of what a model may be. They keep sizes far from overflow and catch a value that lost its
/// unit or its decimal point; weights/FORMAT.md states them for writers.
struct ModelBounds {
  static constexpr int kMaxHiddenDim = 512;
  static constexpr int kMaxInteractions = 16;
  static constexpr int kMaxRbf = 256;
  static constexpr int kMaxZ = 118;
  static constexpr double kMinCutoff = 0.5, kMaxCutoff = 20.0;  // Angstrom
  static constexpr double kMinWidth = 1e-3, kMaxWidth = 1e3;    // Angstrom
  static constexpr double kMaxNormEpsilon = 1.0;
  static constexpr double kMaxEnergy = 1e9;       // eV
  static constexpr double kMaxComponent = 1e6;    // Angstrom, or eV/Angstrom
  static constexpr double kMaxTemperature = 1e5;  // K
  static constexpr std::size_t kMaxNameLength = 80;
};

/// Refuses hyper-parameters out of bounds: to be called before anything is sized by them.
///
/// Errors   InputError with the key ("config.cutoff"), without file and line.
void check_config(const StudentConfig& config);

using TensorShapes = std::map<std::string, std::vector<std::size_t>>;

/// Refuses a name that is not among `shapes`, those of `config`.
void check_tensor_name(const std::string& name,
                       const TensorShapes& shapes,
                       const StudentConfig& config);

/// Refuses a model that is not what weights/FORMAT.md describes: hyper-parameters, elements, tensor
/// names, shapes and values, constants, reference frames.
///
/// Errors   InputError with the key, without file and line.
void check_model(const Model& model);

}  // namespace fusemd
