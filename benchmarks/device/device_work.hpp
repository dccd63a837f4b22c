// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "benchmarks/micro/case.hpp"
#include "host/cuda/network_stages.hpp"

namespace fusemd::benchmarks {

/// What decides the work of a device's stage; of all copies together.
struct DeviceStageSize {
  double n_atoms = 0.0, n_pairs = 0.0;
  double n_tested = 0.0;  ///< pairs whose distance is looked at
  double n_channels = 0.0, n_rbf = 0.0, gates = 0.0;
  double n_intervals = 0.0;  ///< of a filter table
  bool exact = false;        ///< filters
};

/// The least work that the result of a stage needs, by formula. Flops as for the CPU's stages
/// (cpu_work.hpp), a pair's filters once; the working set is what has to come from memory and go
/// there: features, messages and their adjoints, lists, weights or tables. No stage: the search for
/// neighbours.
Work device_stage_work(const DeviceStageSize& size,
                       std::optional<cuda::NetworkStage> stage,
                       bool first_layer);

/// All stages of an evaluation of `layers` layers.
Work device_evaluation_work(const DeviceStageSize& size, unsigned layers);

}  // namespace fusemd::benchmarks
