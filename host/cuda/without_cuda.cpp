// SPDX-License-Identifier: MIT
// cuda_engine.hpp in a build without a CUDA compiler.
#include "host/cuda/cuda_engine.hpp"

namespace fusemd::cuda {
namespace {

constexpr const char* kNoCuda = "this fusemd was built without CUDA kernels";

}  // namespace

device::DeviceList devices() { return {.devices = {}, .problem = kNoCuda}; }

Engine make_engine(const Model& /*model*/, const EngineRequest& /*request*/, int /*number*/) {
  throw DeviceError(DeviceProblem::unavailable, kNoCuda);
}

PlannedSimulation make_simulation(const Engine& /*engine*/,
                                  const Model& /*model*/,
                                  std::span<const Structure> /*structures*/,
                                  const SimulationOptions& /*options*/,
                                  std::string_view /*loop*/,
                                  // By value as where there is a CUDA engine, which keeps them.
                                  // NOLINTNEXTLINE(performance-unnecessary-value-param)
                                  std::vector<ReplicaState> /*states*/) {
  throw DeviceError(DeviceProblem::unavailable, kNoCuda);
}

std::string unusable(const device::DeviceInfo& /*info*/) { return kNoCuda; }

std::string description(const device::DeviceInfo& info) { return info.name; }

}  // namespace fusemd::cuda
