// SPDX-License-Identifier: MIT
#include "test/simt/loops/loop_fixture.hpp"

#include <algorithm>
#include <utility>

#include "host/cpu/cpu_potential.hpp"
#include "host/cuda/batch_network.hpp"
#include "host/cuda/block_loop.hpp"
#include "host/md/simulation.hpp"
#include "kernels/device_memory.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

/// One launch a stage, and copies between the arrays of the network and those of the replicas.
class StageLoop final : public cuda::ResidentLoop {
 public:
  StageLoop(std::shared_ptr<const cuda::DeviceModel> model, cuda::DeviceReplicas& replicas)
      : model_(std::move(model)), replicas_(replicas), network_(model_, replicas.systems()) {}

  void start(Stream stream) override {
    forces(stream);
    start_replicas(replicas_.view(), model_->policy(), stream);
  }

  void advance(const cuda::Interval& interval,
               const cuda::SampleTarget& sample,
               Stream stream) override {
    for (std::int64_t step = interval.first; step < interval.last; ++step) {
      begin_step(replicas_.kind(), replicas_.view(), model_->policy(), stream);
      forces(stream);
      finish_step(replicas_.kind(), replicas_.view(), model_->policy(), stream);
    }
    const DynamicsView& view = replicas_.view();
    device::copy_on_device(sample.progress, view.atoms.progress,
                           replicas_.n_replicas() * sizeof(ReplicaProgress), stream);
    if (sample.atoms == nullptr) return;
    device::copy_on_device(sample.atoms, view.atoms.x,
                           std::size_t{9} * replicas_.n_atoms() * sizeof(double), stream);
  }

 private:
  void forces(Stream stream) {
    const std::size_t rows = std::size_t{3} * replicas_.n_atoms() * sizeof(double);
    const DynamicsView& view = replicas_.view();
    device::copy_on_device(network_.positions(), view.atoms.x, rows, stream);
    do {
      network_.evaluate(stream, false);
    } while (!network_.edges_had_room(stream));
    device::copy_on_device(view.atoms.fx, network_.forces(), rows, stream);
    device::copy_on_device(replicas_.energies(), network_.energies(),
                           replicas_.n_replicas() * sizeof(double), stream);
  }

  std::shared_ptr<const cuda::DeviceModel> model_;
  cuda::DeviceReplicas& replicas_;
  cuda::BatchNetwork network_;
};

LoopRun run(ReplicaRunner& simulation) {
  LoopRun result;
  result.result = simulation.run(result.samples);
  result.states.assign(simulation.states().begin(), simulation.states().end());
  return result;
}

bool same_row(const LogRow& a, const LogRow& b) {
  return a.step == b.step && a.replica == b.replica && a.time == b.time &&
         a.potential_energy == b.potential_energy && a.kinetic_energy == b.kinetic_energy &&
         a.conserved_energy == b.conserved_energy && a.temperature == b.temperature;
}

bool same_frame(const KeptFrame& a, const KeptFrame& b) {
  return a.step == b.step && a.replica == b.replica && a.positions == b.positions &&
         a.velocities == b.velocities && a.forces == b.forces &&
         a.potential_energy == b.potential_energy;
}

}  // namespace

void Recorder::log(const LogRow& row) {
  rows.push_back(row);
  if (at_row) at_row();
}

void Recorder::frame(const Frame& frame) {
  frames.push_back({.step = frame.step,
                    .replica = frame.replica,
                    .positions = {frame.positions.begin(), frame.positions.end()},
                    .velocities = {frame.velocities.begin(), frame.velocities.end()},
                    .forces = {frame.forces.begin(), frame.forces.end()},
                    .potential_energy = frame.potential_energy});
}

Structure structure_of(const System& system) {
  Structure structure;
  structure.atomic_numbers = system.atomic_numbers;
  structure.positions = system.positions;
  return structure;
}

std::vector<Structure> structures_of(const std::vector<System>& systems) {
  std::vector<Structure> structures;
  for (const System& system : systems) structures.push_back(structure_of(system));
  return structures;
}

std::shared_ptr<const cuda::DeviceModel> on_device(const Model& model,
                                                   const cuda::ModelOptions& options) {
  return std::make_shared<const cuda::DeviceModel>(model, options);
}

LoopRun run_on_device(const Model& model,
                      const std::shared_ptr<const cuda::DeviceModel>& device_model,
                      const std::vector<Structure>& structures,
                      const SimulationOptions& options,
                      const cuda::LoopMaker& loop,
                      std::vector<ReplicaState> states) {
  cuda::DeviceSimulation simulation({.model = device_model,
                                     .model_name = model.name,
                                     .elements = model.elements,
                                     .make_loop = loop},
                                    structures, options, std::move(states));
  return run(simulation);
}

LoopRun run_on_cpu(const Model& model,
                   const std::vector<Structure>& structures,
                   const SimulationOptions& options) {
  const auto potential = cpu::make_potential(model, {});
  Simulation simulation(*potential, structures, options);
  return run(simulation);
}

cuda::LoopMaker stage_loop() {
  return [](std::shared_ptr<const cuda::DeviceModel> model,
            cuda::DeviceReplicas& replicas) -> std::unique_ptr<cuda::ResidentLoop> {
    return std::make_unique<StageLoop>(std::move(model), replicas);
  };
}

cuda::LoopMaker block_loop_by(const LaunchPolicy& policy) {
  return [policy](std::shared_ptr<const cuda::DeviceModel> model, cuda::DeviceReplicas& replicas) {
    return cuda::make_block_loop(std::move(model), replicas, policy);
  };
}

void expect_same_state(const ReplicaState& actual,
                       const ReplicaState& expected,
                       const std::string& name) {
  const std::string what = name + ", replica " + std::to_string(expected.replica) + ": ";
  expect(actual.step == expected.step,
         what + "step " + std::to_string(actual.step) + ", not " + std::to_string(expected.step));
  expect(actual.failed == expected.failed, what + "one stopped, one did not");
  expect(actual.positions == expected.positions, what + "positions have other bits");
  expect(actual.velocities == expected.velocities, what + "velocities have other bits");
  expect(actual.forces == expected.forces, what + "forces have other bits");
  expect(actual.potential_energy == expected.potential_energy &&
             actual.kinetic_energy == expected.kinetic_energy && actual.heat == expected.heat,
         what + "energies have other bits");
}

void expect_same_run(const LoopRun& actual, const LoopRun& expected, const std::string& name) {
  expect(actual.states.size() == expected.states.size(), name + ": replicas");
  for (std::size_t r = 0; r < expected.states.size(); ++r) {
    expect_same_state(actual.states[r], expected.states[r], name);
  }
  expect(std::ranges::equal(actual.samples.rows, expected.samples.rows, same_row),
         name + ": other log rows");
  expect(std::ranges::equal(actual.samples.frames, expected.samples.frames, same_frame),
         name + ": other frames");
}

void same_bits(const LoopRun& run) {
  for (const ReplicaState& state : run.states) {
    same_bits(state.positions);
    same_bits(state.velocities);
    same_bits(state.forces);
    const double energies[] = {state.potential_energy, state.kinetic_energy, state.heat};
    same_bytes(energies, sizeof energies);
  }
}

SimulationOptions short_run(Ensemble ensemble, std::int64_t steps, std::size_t replicas) {
  SimulationOptions options;
  options.ensemble = ensemble;
  options.steps = steps;
  options.log_every = 1;
  options.frame_every = 2;
  options.replicas = static_cast<std::int32_t>(replicas);
  options.seeds = {11};
  options.csvr_time = 20.0;
  return options;
}

LaunchPolicy block_policy(unsigned threads, unsigned blocks, std::size_t bytes) {
  LaunchPolicy policy = launch_policy(80);
  policy.loop_threads = threads;
  policy.loop_blocks = blocks;
  policy.loop_shared_bytes = bytes;
  return policy;
}

void compare_with_stages(const Model& model,
                         const std::vector<System>& systems,
                         const SimulationOptions& options,
                         const LaunchPolicy& policy,
                         DenseKind kind,
                         const std::string& name) {
  const auto device_model = on_device(model, {.table_intervals = 64, .dense = kind});
  const std::vector<Structure> structures = structures_of(systems);
  const LoopRun expected = run_on_device(model, device_model, structures, options, stage_loop());
  const LoopRun found =
      run_on_device(model, device_model, structures, options, block_loop_by(policy));
  expect_same_run(found, expected, name);
  expect(!found.samples.rows.empty(), name + ": no log rows");
  same_bits(found);
}

std::vector<System> different_molecules(std::size_t n) {
  // The k-th is one of the molecules, and for every round through them one more atom far enough
  // away for weak forces alone.
  const std::vector<System> bases = {water(),   methane(),       carbon_dioxide(),
                                     ethanol(), pair(1, 8, 1.0), two_waters(3.0)};
  constexpr int kElements[] = {1, 6, 7, 8};
  std::vector<System> systems;
  for (std::size_t k = 0; k < n; ++k) {
    System system = bases[k % bases.size()];
    for (std::size_t extra = 0; extra < k / bases.size(); ++extra) {
      system.atomic_numbers.push_back(kElements[(k + extra) % 4]);
      system.positions.push_back({8.0 + 3.0 * static_cast<double>(extra), 0.0, 0.0});
    }
    systems.push_back(rattled(system, 0.02, 7 + k));
  }
  return systems;
}

}  // namespace fusemd::test
