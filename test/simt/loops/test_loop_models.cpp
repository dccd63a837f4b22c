// SPDX-License-Identifier: MIT
// The shipped models in every loop: a larger molecule and a batch of different ones against the CPU
// engine.
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/cooperative_loop.hpp"
#include "host/cuda/graph_loop.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

using ModelPointer = std::shared_ptr<const cuda::DeviceModel>;

struct NamedLoop {
  std::string name;
  cuda::LoopMaker make;
};

NamedLoop block() { return {"block", block_loop_by(launch_policy(75))}; }

/// A team of `blocks` a replica.
NamedLoop cooperative(unsigned blocks) {
  return {"cooperative",
          [blocks](ModelPointer model,
                   cuda::DeviceReplicas& replicas) -> std::unique_ptr<cuda::ResidentLoop> {
            return std::make_unique<cuda::CooperativeLoop>(
                std::move(model), replicas,
                cuda::TeamWish{.blocks = blocks, .threads = 128, .cluster = false});
          }};
}

/// `teams` of two blocks, which take the replicas in turn.
NamedLoop turns(unsigned teams) {
  return {"cooperative",
          [teams](ModelPointer model,
                  cuda::DeviceReplicas& replicas) -> std::unique_ptr<cuda::ResidentLoop> {
            return std::make_unique<cuda::CooperativeLoop>(
                std::move(model), replicas,
                cuda::TeamWish{.teams = teams, .blocks = 2, .threads = 64, .cluster = false});
          }};
}

NamedLoop graph() {
  return {"graph", [](ModelPointer model, cuda::DeviceReplicas& replicas) {
            return cuda::make_graph_loop(std::move(model), replicas);
          }};
}

/// The trajectories of the CPU engine, whose forces differ by rounding.
void follow_the_cpu(const std::string& name,
                    const std::vector<System>& systems,
                    std::int64_t steps,
                    const std::vector<NamedLoop>& loops) {
  const Model model = shipped_model(name);
  const ModelPointer device_model = on_device(model);
  const std::vector<Structure> structures = structures_of(systems);
  SimulationOptions options;
  options.steps = options.log_every = options.frame_every = steps;
  options.replicas = static_cast<std::int32_t>(systems.size());
  const LoopRun expected = run_on_cpu(model, structures, options);
  for (const NamedLoop& loop : loops) {
    const LoopRun found = run_on_device(model, device_model, structures, options, loop.make);
    expect(found.result.failures.empty(), loop.name + ", " + name + ": a replica stopped");
    for (std::size_t r = 0; r < systems.size(); ++r) {
      const std::string what =
          loop.name + ", " + name + ", replica " + std::to_string(r) + ", " + systems[r].name;
      expect(found.states[r].step == steps, what + ": not all steps");
      double farthest = 0.0, moved = 0.0;
      for (std::size_t i = 0; i < systems[r].size(); ++i) {
        const Vec3 at = found.states[r].positions[i];
        farthest = std::max(farthest, norm(at - expected.states[r].positions[i]));
        moved = std::max(moved, norm(at - systems[r].positions[i]));
      }
      expect_close(farthest, 0.0,
                   {.absolute = 1e-5, .why = "forces of single precision, over 10 fs"},
                   what + ": farthest from the CPU engine's, Angstrom");
      // An O-H bond comes back within 10 fs, nearly.
      expect(moved > 1e-4, what + ": nothing has moved");
    }
    same_bits(found);
  }
}

FUSEMD_KERNEL_CASE("64 different molecules follow the CPU engine, block and graph") {
  follow_the_cpu("ultra_tiny", different_molecules(64), 20, {block(), graph()});
  follow_the_cpu("original", different_molecules(64), 5, {block(), graph()});
}

FUSEMD_KERNEL_CASE("aspirin follows the CPU engine, cooperative and graph") {
  follow_the_cpu("ultra_tiny", {aspirin()}, 20, {cooperative(7), graph()});
  follow_the_cpu("original", {aspirin()}, 5, {cooperative(7), graph()});
}

// Whose energies are those of the CPU engine: test_block_dynamics.cpp and test_loop_energy.cpp.
FUSEMD_KERNEL_CASE("2,000 steps of water have the block loop's bits in the other loops") {
  const Model model = shipped_model("ultra_tiny");
  const ModelPointer device_model = on_device(model);
  const std::vector<Structure> structures = structures_of({water()});
  SimulationOptions options;
  options.steps = 2000;
  options.log_every = options.frame_every = 50;
  options.timestep = 0.25;
  const LoopRun expected = run_on_device(model, device_model, structures, options, block().make);
  expect(expected.states[0].step == 2000 && expected.samples.rows.size() == 41, "all steps");
  for (const NamedLoop& loop : {cooperative(3), graph()}) {
    expect_same_run(run_on_device(model, device_model, structures, options, loop.make), expected,
                    loop.name);
  }
  same_bits(expected);
}

FUSEMD_KERNEL_CASE(
    "a NaN in one of 64 molecules that teams take in turn: the others do not notice") {
  const Model model = make_model(shipped_switches(8, 2, 5), 7);
  const ModelPointer device_model = on_device(model, {.table_intervals = 64});
  const std::vector<Structure> structures = structures_of(different_molecules(64));
  const auto run = [&](std::int64_t steps, std::vector<ReplicaState> states) {
    SimulationOptions options = short_run(Ensemble::langevin, steps, 64);
    return run_on_device(model, device_model, structures, options, turns(5).make,
                         std::move(states));
  };
  const LoopRun start = run(1, {});
  const LoopRun good = run(4, start.states);
  constexpr std::size_t kBad = 12;  // others come before it and after it in its team
  std::vector<ReplicaState> states = start.states;
  states[kBad].positions[1].z = std::numeric_limits<double>::quiet_NaN();
  const LoopRun bad = run(4, states);
  expect(good.result.failures.empty(), "a molecule goes wrong by itself");
  expect(bad.result.failures.size() == 1 && bad.result.failures[0].replica == kBad &&
             bad.result.failures[0].failure.atom == 1 && bad.result.failures[0].failure.step == 2,
         "the failure");
  for (std::size_t r = 0; r < 64; ++r) {
    if (r == kBad) continue;
    expect(good.states[r].step == 4, "not all steps");
    expect_same_state(bad.states[r], good.states[r], "beside a NaN");
  }
  same_bits(bad);
}

}  // namespace
}  // namespace fusemd::test
