// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "host/cuda/device_model.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"

namespace fusemd::cuda {

/// The loop of kernels/block_loop.hpp: one launch an interval.
///
/// Needs    filter tables, and replicas of at most kBlockLoopAtoms atoms (loop_obstacle() asks).
/// Cost     device memory for what a block has no room for in shared memory, up to (9 L + 5) F
/// floats
///          and 20 n bytes an atom of the largest replica of n atoms, for every block.
/// Errors   DeviceError: out of memory.
std::unique_ptr<ResidentLoop> make_block_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas);

/// The same with launches by another policy than the model's: for tests.
std::unique_ptr<ResidentLoop> make_block_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas,
                                              const LaunchPolicy& policy);

}  // namespace fusemd::cuda
