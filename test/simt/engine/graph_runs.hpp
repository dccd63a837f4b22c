// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/cuda/device_simulation.hpp"
#include "host/cuda/graph_loop.hpp"
#include "host/md/simulation.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/systems.hpp"

/// Runs through the loop of host/cuda/graph_loop.hpp, and on the CPU engine, for the cases of this
/// folder.
namespace fusemd::test {

/// Everything that a run gave.
struct Run {
  struct Sampled {
    std::int64_t step;
    int replica;
    std::vector<Vec3> positions, velocities, forces;
    double potential_energy, kinetic_energy;
    friend bool operator==(const Sampled&, const Sampled&) = default;
  };
  std::vector<Sampled> frames;
  std::vector<ReplicaState> states;
  std::vector<ReplicaFailure> failures;
  std::vector<std::string> notes;

  /// Frames of one replica.
  std::vector<Sampled> of(int replica) const {
    std::vector<Sampled> own;
    for (const Sampled& frame : frames) {
      if (frame.replica == replica) own.push_back(frame);
    }
    return own;
  }
};

class Frames final : public SampleSink {
 public:
  explicit Frames(Run& run) : run_(run) {}
  void log(const LogRow& /*row*/) override {}
  void frame(const Frame& f) override {
    run_.frames.push_back({f.step,
                           f.replica,
                           {f.positions.begin(), f.positions.end()},
                           {f.velocities.begin(), f.velocities.end()},
                           {f.forces.begin(), f.forces.end()},
                           f.potential_energy,
                           f.kinetic_energy});
  }

 private:
  Run& run_;
};

inline std::vector<Structure> structures_of(const std::vector<System>& systems) {
  std::vector<Structure> structures;
  for (const System& system : systems) {
    Structure structure;
    structure.atomic_numbers = system.atomic_numbers;
    structure.positions = system.positions;
    structures.push_back(std::move(structure));
  }
  return structures;
}

/// On the device, options.replicas of them.
inline Run graph_run_of(const Model& model,
                        const std::vector<System>& systems,
                        SimulationOptions options,
                        const cuda::GraphLoopOptions& loop,
                        std::vector<ReplicaState> states) {
  Run run;
  options.note = [&run](const std::string& line) { run.notes.push_back(line); };
  cuda::DeviceSimulation simulation(
      {.model = std::make_shared<const cuda::DeviceModel>(model, cuda::ModelOptions{}),
       .model_name = model.name,
       .elements = model.elements,
       .make_loop =
           [&loop](std::shared_ptr<const cuda::DeviceModel> on_device, cuda::DeviceReplicas& all) {
             return cuda::make_graph_loop(std::move(on_device), all, loop);
           }},
      structures_of(systems), options, std::move(states));
  Frames frames(run);
  run.failures = simulation.run(frames).failures;
  run.states.assign(simulation.states().begin(), simulation.states().end());
  return run;
}

/// One replica a system.
inline Run graph_run(const Model& model,
                     const std::vector<System>& systems,
                     SimulationOptions options,
                     const cuda::GraphLoopOptions& loop = {},
                     std::vector<ReplicaState> states = {}) {
  options.replicas = static_cast<std::int32_t>(systems.size());
  return graph_run_of(model, systems, options, loop, std::move(states));
}

/// Replica options.first_replica alone, from `state` or from its structure.
inline Run graph_run_alone(const Model& model,
                           const std::vector<System>& systems,
                           const SimulationOptions& options,
                           std::optional<ReplicaState> state = {}) {
  std::vector<ReplicaState> states;
  if (state) states.push_back(std::move(*state));
  return graph_run_of(model, systems, options, {}, std::move(states));
}

/// On the CPU engine.
inline Run host_run(const Model& model,
                    const std::vector<System>& systems,
                    SimulationOptions options) {
  Run run;
  options.replicas = static_cast<std::int32_t>(systems.size());
  const auto potential = cpu::make_potential(model, {});
  Simulation simulation(*potential, structures_of(systems), options);
  Frames frames(run);
  run.failures = simulation.run(frames).failures;
  run.states.assign(simulation.states().begin(), simulation.states().end());
  return run;
}

inline SimulationOptions options_of(Ensemble ensemble, std::int64_t steps, std::int64_t every) {
  SimulationOptions options;
  options.ensemble = ensemble;
  options.steps = steps;
  options.frame_every = every;
  options.log_every = every;
  options.seeds = {20241128};
  return options;
}

/// Frames of both at the same steps, positions within `limit` (Angstrom), and the atoms have moved.
inline void expect_follows(const Run& found,
                           const Run& expected,
                           double limit,
                           const std::string& name) {
  expect(!found.frames.empty() && found.frames.size() == expected.frames.size(),
         name + ": another number of frames");
  for (std::size_t k = 0; k < found.frames.size(); ++k) {
    const Run::Sampled& a = found.frames[k];
    const Run::Sampled& b = expected.frames[k];
    expect(a.step == b.step && a.replica == b.replica, name + ": another order of frames");
    const std::string where = name + ", step " + std::to_string(a.step);
    for (std::size_t i = 0; i < a.positions.size(); ++i) {
      expect_close(norm(a.positions[i] - b.positions[i]), 0.0,
                   {.absolute = limit, .why = "forces of single precision, summed in other orders"},
                   where + ", atom " + std::to_string(i));
    }
    same_bits(a.positions);
  }
  const Run::Sampled& first = found.frames.front();
  double furthest = 0.0;
  for (std::size_t i = 0; i < first.positions.size(); ++i) {
    furthest =
        std::max(furthest, norm(found.of(first.replica).back().positions[i] - first.positions[i]));
  }
  expect(furthest > 1e-3, name + ": nothing has moved");
}

}  // namespace fusemd::test
