// SPDX-License-Identifier: MIT
#pragma once
// Replicas in device memory, and two other ways to advance them: stage by stage, a launch each, and
// on the CPU engine.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/cuda/batch_network.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"
#include "host/md/replica_setup.hpp"
#include "kernels/cooperative_loop.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

/// Replica r starts from system r, with velocities of its own.
class ReplicaFixture {
 public:
  ReplicaFixture(const std::vector<System>& systems, Ensemble ensemble)
      : options_(options_for(systems.size(), ensemble)),
        structures_(structures_of(systems)),
        table_(make_compositions(structures_, options_)),
        states(start_states(structures_, table_, options_)) {}

  /// In device memory, from `states`.
  [[nodiscard]] std::unique_ptr<cuda::DeviceReplicas> on_device() const {
    return std::make_unique<cuda::DeviceReplicas>(table_, table_.of_structure, states);
  }
  [[nodiscard]] std::vector<ReplicaState> read(const cuda::DeviceReplicas& device) const {
    std::vector<ReplicaState> result = states;
    for (ReplicaState& state : result) state.forces.resize(state.positions.size());
    device.get(result, nullptr);
    return result;
  }
  [[nodiscard]] const Composition& composition(std::size_t r) const {
    return table_.compositions[table_.of_structure[r]];
  }

 private:
  static SimulationOptions options_for(std::size_t replicas, Ensemble ensemble) {
    SimulationOptions options;
    options.ensemble = ensemble;
    options.replicas = static_cast<std::int32_t>(replicas);
    options.csvr_time = 20.0;
    options.seeds = {7};
    return options;
  }
  static std::vector<Structure> structures_of(const std::vector<System>& systems) {
    std::vector<Structure> structures;
    for (const System& system : systems) {
      Structure structure;
      structure.atomic_numbers = system.atomic_numbers;
      structure.positions = system.positions;
      structures.push_back(structure);
    }
    return structures;
  }

  SimulationOptions options_;
  std::vector<Structure> structures_;
  CompositionTable table_;

 public:
  std::vector<ReplicaState> states;  ///< at step 0
};

/// The end of `steps` steps made by the kernels of single stages; `prepare` comes before them.
inline std::vector<ReplicaState> after_steps_by_stages(
    const ReplicaFixture& replicas,
    const std::shared_ptr<const cuda::DeviceModel>& model,
    int steps,
    const std::function<void(cuda::DeviceReplicas&)>& prepare = {}) {
  const auto device = replicas.on_device();
  if (prepare) prepare(*device);
  cuda::BatchNetwork network(model, device->systems());
  const DynamicsView view = device->view();
  const std::size_t bytes = std::size_t{3} * device->n_atoms() * sizeof(double);
  const LaunchPolicy& policy = model->policy();
  const auto evaluate = [&] {
    device::copy_on_device(network.positions(), view.atoms.x, bytes, nullptr);
    do {
      network.evaluate(nullptr, false);
    } while (!network.edges_had_room(nullptr));
    device::copy_on_device(view.atoms.fx, network.forces(), bytes, nullptr);
    device::copy_on_device(device->energies(), network.energies(),
                           device->n_replicas() * sizeof(double), nullptr);
  };
  evaluate();
  start_replicas(view, policy, nullptr);
  for (int n = 0; n < steps; ++n) {
    begin_step(device->kind(), view, policy, nullptr);
    evaluate();
    finish_step(device->kind(), view, policy, nullptr);
  }
  return replicas.read(*device);
}

/// Whether there are clusters: kernels from the PTX of older parts and GPUs without them have none.
inline bool clusters_run() {
  constexpr TeamShape kTwo{.teams = 1, .blocks = 2, .threads = 32, .tile_rows = 1, .cluster = true};
  return FUSEMD_KERNEL_ARCHITECTURE > 75 && team_blocks_resident({}, 1, kTwo) > 0;
}

/// The same on the CPU engine.
inline std::vector<ReplicaState> after_steps_on_cpu(const ReplicaFixture& replicas,
                                                    const Model& model,
                                                    int steps) {
  const auto potential = cpu::make_potential(model, {});
  std::vector<ReplicaState> states = replicas.states;
  for (std::size_t r = 0; r < states.size(); ++r) {
    const Composition& atoms = replicas.composition(r);
    const auto evaluator = potential->make_evaluator(atoms.atomic_numbers, {});
    states[r].forces.resize(states[r].positions.size());
    expect(!compute_forces(states[r], atoms.dynamics, *evaluator), "the CPU engine stopped");
    expect(!advance(states[r], atoms.dynamics, *evaluator, steps), "the CPU engine stopped");
  }
  return states;
}

/// The same by a loop, in intervals of `interval` steps.
inline void run_loop(cuda::ResidentLoop& loop, int steps, int interval) {
  loop.start(nullptr);
  for (int n = 0; n < steps; n += interval) {
    loop.advance({n, std::min(n + interval, steps)}, {}, nullptr);
  }
}

}  // namespace fusemd::test
