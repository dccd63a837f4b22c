// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "benchmarks/device/device_stopwatch.hpp"
#include "benchmarks/micro/case.hpp"
#include "kernels/dense.hpp"

namespace fusemd::benchmarks {

/// A device that cases are made for, and how its caches are found.
struct BenchedDevice {
  int number = 0;
  int compute_capability = 0;
  std::shared_ptr<DeviceStopwatch> stopwatch;
  std::string caches;  ///< "cuda-hot", "cuda-cold": MicroCase::set
};

/// Copies of a molecule of `atoms` atoms (or about as many).
struct DeviceSize {
  std::size_t atoms = 0, copies = 0;
};

/// Every kernel of an evaluation, with tables and with exact filters and each kind of dense layer
/// that the device has, and whole evaluations.
std::vector<MicroCase> device_stage_cases(const BenchedDevice& device,
                                          const std::vector<std::string>& models,
                                          const std::vector<DeviceSize>& sizes);

/// Kernels that stand for themselves: radial basis, dense layers in the shapes of the models, and
/// integrators.
std::vector<MicroCase> device_op_cases(const BenchedDevice& device,
                                       const std::vector<std::string>& models,
                                       const std::vector<DeviceSize>& sizes);

/// The kinds that the device has instructions for.
std::vector<DenseKind> dense_kinds(const BenchedDevice& device);

/// "12x64": atoms and copies, with the molecule's own number of atoms.
std::string size_text(std::size_t atoms, std::size_t copies);

/// Relative to the largest value of a stage. The factors of TF32 have 11 bits, which three layers
/// raise to some 4e-3 of forces.
double device_tolerance(DenseKind kind);

}  // namespace fusemd::benchmarks
