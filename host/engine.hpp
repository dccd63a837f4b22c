// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "host/md/replica_runner.hpp"
#include "host/md/simulation_options.hpp"
#include "host/potential.hpp"
#include "host/structure.hpp"
#include "kernels/device_error.hpp"
#include "kernels/devices.hpp"
#include "weights/model.hpp"

namespace fusemd {

namespace cuda {
class DeviceModel;
}

/// What a user may ask of an engine.
struct EngineRequest {
  std::string device = "auto";           ///< auto, cpu, cuda, cuda:I or reference
  std::string filters = "table";         ///< table or exact; the reference engine is always exact
  int table_intervals = 512;             ///< of each filter table
  std::string instruction_set = "auto";  ///< auto, sse4, avx2 or avx512; cpu only
  int threads = 1;                       ///< inside one evaluation; cpu only
  std::string dense = "fma";             ///< fma, tf32 or tf32x3 (kernels/dense.hpp); cuda only
};

/// A model on the device that was chosen, and how to name the choice in logs and summaries.
struct Engine {
  std::unique_ptr<Potential> potential;
  std::string device;           ///< cpu, cuda:NUMBER or reference
  std::string instruction_set;  ///< of the CPU engine; "scalar" for the reference engine; for CUDA
                                ///< the device's name and compute capability
  std::string filters;          ///< "table (512 intervals)" or "exact"

  std::shared_ptr<const cuda::DeviceModel> device_model;  ///< cuda only
  device::DeviceInfo device_info;                         ///< cuda only
};

/// Chooses the engine and prepares the model for it. `auto` is the fastest device that works.
///
/// Errors   DeviceError for a device that this machine or this build lacks, with the reason;
///          InputError for an unknown device or an instruction set that this processor lacks.
Engine make_engine(const Model& model, const EngineRequest& request);

/// Replicas to be advanced on an engine, and in which loop.
struct PlannedSimulation {
  std::unique_ptr<ReplicaRunner> runner;
  std::string loop;  ///< "on the host", or where on the device and why
};

/// Chooses the loop (host/cuda/loop_planner.hpp; engines other than CUDA have one on the host only)
/// and constructs the simulation, which checks everything that can be wrong with the input.
///
/// loop     auto, or a loop's name: it is taken or refused.
/// states   where to go on, one a replica; empty: from the structures.
/// Needs    engine and model outlive the result.
/// Errors   as Simulation; InputError with key "loop"; DeviceError: out of device memory.
PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& options,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states = {});

/// One line of `fusemd devices`.
struct DeviceDescription {
  std::string name;  ///< what --device takes
  bool usable = false;
  std::string description;  ///< what it is, or why it cannot be used
};

/// All devices that --device can name, the one that `auto` takes first.
std::vector<DeviceDescription> describe_devices();

}  // namespace fusemd
