// SPDX-License-Identifier: MIT
#pragma once

#include "host/engine.hpp"
#include "kernels/devices.hpp"
#include "weights/model.hpp"

namespace fusemd::cuda {

// What host/engine.cpp asks of the CUDA engine. A build without a CUDA compiler has the same
// functions (without_cuda.cpp), and they say so.

/// The devices of this machine, usable or not, or why there are none.
device::DeviceList devices();

/// Prepares the model for device `number`.
///
/// Errors   DeviceError: no such device, or why it cannot be used; InputError: unknown options.
Engine make_engine(const Model& model, const EngineRequest& request, int number);

/// make_simulation() of host/engine.hpp for an engine made here.
PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& options,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states);

/// Why this device cannot be used; empty if it can.
std::string unusable(const device::DeviceInfo& info);

/// "NVIDIA H100, compute capability 9.0, 132 multiprocessors, 80 GB"
std::string description(const device::DeviceInfo& info);

}  // namespace fusemd::cuda
