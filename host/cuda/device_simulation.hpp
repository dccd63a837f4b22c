// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/cuda/device_model.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"
#include "host/md/replica_runner.hpp"
#include "host/md/simulation_options.hpp"
#include "host/structure.hpp"

namespace fusemd::cuda {

/// Makes a loop for replicas in device memory, which outlive it.
using LoopMaker = std::function<std::unique_ptr<ResidentLoop>(std::shared_ptr<const DeviceModel>,
                                                              DeviceReplicas& replicas)>;

/// host/md's Simulation with the loop on a device: same start, same samples in the same order, same
/// states; the host does nothing between two samples but to put the next intervals into the stream
/// and to hand on what comes out of the ring. options.threads has no meaning here.
///
/// Result   a replica's samples have the same bits alone and in any batch, in one run or in
/// several. Cost     host memory: the ring, some tens of MB.
class DeviceSimulation final : public ReplicaRunner {
 public:
  struct Source {
    std::shared_ptr<const DeviceModel> model;
    std::string model_name;         ///< for messages
    std::span<const int> elements;  ///< that the model was trained on
    LoopMaker make_loop;
  };

  /// `states`: where to go on, one a replica, or empty: from the structures.
  /// Errors   as Simulation; DeviceError: out of device memory.
  DeviceSimulation(const Source& source,
                   std::span<const Structure> structures,
                   SimulationOptions options,
                   std::vector<ReplicaState> states = {});
  ~DeviceSimulation() override;
  DeviceSimulation(const DeviceSimulation&) = delete;
  DeviceSimulation& operator=(const DeviceSimulation&) = delete;

  SimulationResult run(SampleSink& samples) override;
  std::span<const ReplicaState> states() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fusemd::cuda
