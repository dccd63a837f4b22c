// SPDX-License-Identifier: MIT
#pragma once
// Whole simulations for tests of resident loops: on the CPU engine, in a loop on the device, and
// with the device's stage kernels launched one by one.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/cuda/device_simulation.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/sample.hpp"
#include "host/md/simulation_options.hpp"
#include "host/structure.hpp"
#include "test/support/systems.hpp"
#include "weights/model.hpp"

namespace fusemd::test {

/// A frame with arrays of its own.
struct KeptFrame {
  std::int64_t step = 0;
  int replica = 0;
  std::vector<Vec3> positions, velocities, forces;
  double potential_energy = 0.0;
};

/// Everything that a run hands on, in its order.
class Recorder final : public SampleSink {
 public:
  void log(const LogRow& row) override;
  void frame(const Frame& frame) override;

  std::vector<LogRow> rows;
  std::vector<KeptFrame> frames;
  std::function<void()> at_row;  ///< called at each log row
};

struct LoopRun {
  SimulationResult result;
  Recorder samples;
  std::vector<ReplicaState> states;
};

Structure structure_of(const System& system);
std::vector<Structure> structures_of(const std::vector<System>& systems);

std::shared_ptr<const cuda::DeviceModel> on_device(const Model& model,
                                                   const cuda::ModelOptions& options = {});

/// `states`: where to go on; empty: from the structures.
LoopRun run_on_device(const Model& model,
                      const std::shared_ptr<const cuda::DeviceModel>& device_model,
                      const std::vector<Structure>& structures,
                      const SimulationOptions& options,
                      const cuda::LoopMaker& loop,
                      std::vector<ReplicaState> states = {});

LoopRun run_on_cpu(const Model& model,
                   const std::vector<Structure>& structures,
                   const SimulationOptions& options);

/// The stage kernels, a launch each: what every resident loop must have the bits of.
cuda::LoopMaker stage_loop();

/// The block shape with launches by a policy of the test's.
cuda::LoopMaker block_loop_by(const LaunchPolicy& policy);

/// Throws WrongValue unless both runs left the same bits: samples and states. `name` says which.
void expect_same_run(const LoopRun& actual, const LoopRun& expected, const std::string& name);

/// The same for single replicas.
void expect_same_state(const ReplicaState& actual,
                       const ReplicaState& expected,
                       const std::string& name);

/// Records the bits of a run's states for comparison between schedules.
void same_bits(const LoopRun& run);

/// Samples at every step, frames at every other.
SimulationOptions short_run(Ensemble ensemble, std::int64_t steps, std::size_t replicas);

/// A block of `threads`, at most `blocks` of them, with `bytes` of shared memory.
LaunchPolicy block_policy(unsigned threads, unsigned blocks, std::size_t bytes);

/// Throws WrongValue unless the block loop leaves the bits of the stages.
void compare_with_stages(const Model& model,
                         const std::vector<System>& systems,
                         const SimulationOptions& options,
                         const LaunchPolicy& policy,
                         DenseKind kind,
                         const std::string& name);

/// n different systems: textbook molecules, most with further atoms in a row beside them.
std::vector<System> different_molecules(std::size_t n);

}  // namespace fusemd::test
