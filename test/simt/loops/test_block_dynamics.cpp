// SPDX-License-Identifier: MIT
// The block loop with the shipped models: trajectories against the CPU engine's, energies, many
// different molecules at once.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

const cuda::LoopMaker kBlock = block_loop_by(launch_policy(75));

SimulationOptions options_of(std::int64_t steps, std::size_t replicas = 1) {
  SimulationOptions options;
  options.steps = options.log_every = options.frame_every = steps;
  options.replicas = static_cast<std::int32_t>(replicas);
  return options;
}

/// The trajectory of the CPU engine, whose forces differ by rounding.
void follow_the_cpu(const std::string& name, const System& system, std::int64_t steps) {
  const Model model = shipped_model(name);
  const std::vector<Structure> structures = structures_of({system});
  const SimulationOptions options = options_of(steps);
  const LoopRun expected = run_on_cpu(model, structures, options);
  const LoopRun found = run_on_device(model, on_device(model), structures, options, kBlock);
  const std::string what = name + ", " + system.name;
  expect(found.states[0].step == steps, what + ": not all steps");
  for (std::size_t i = 0; i < system.size(); ++i) {
    expect_close(norm(found.states[0].positions[i] - expected.states[0].positions[i]), 0.0,
                 {.absolute = 1e-4, .why = "forces of single precision, over 100 fs"},
                 what + ", atom " + std::to_string(i));
    expect(norm(found.states[0].positions[i] - system.positions[i]) >
               1e-4 * static_cast<double>(steps) / 200.0,
           what + ": the atom has not moved");
  }
  same_bits(found);
}

FUSEMD_KERNEL_CASE("200 steps of benzene and water follow the CPU engine") {
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    follow_the_cpu(name, benzene(), 200);
    follow_the_cpu(name, water(), 200);
  }
}

FUSEMD_KERNEL_CASE("aspirin follows the CPU engine") {
  follow_the_cpu("ultra_tiny", aspirin(), 20);
  follow_the_cpu("original", aspirin(), 5);
}

FUSEMD_KERNEL_CASE("2,000 steps of water conserve the energy") {
  const Model model = shipped_model("ultra_tiny");
  SimulationOptions options = options_of(2000);
  options.log_every = 50;
  options.frame_every = 0;
  options.timestep = 0.25;
  const LoopRun run =
      run_on_device(model, on_device(model), structures_of({water()}), options, kBlock);
  expect(run.samples.rows.size() == 41, "log rows");
  const double first = run.samples.rows.front().conserved_energy;
  double worst = 0.0;
  for (const LogRow& row : run.samples.rows) {
    worst = std::max(worst, std::abs(row.conserved_energy - first) / 3.0);
  }
  // The error of velocity Verlet is of order dt^2 and bounded; the CPU engine's is the same to a
  // few percent (docs/numerics.md), its single precision adds nothing that grows.
  const LoopRun cpu = run_on_cpu(model, structures_of({water()}), options);
  double cpu_worst = 0.0;
  for (const LogRow& row : cpu.samples.rows) {
    cpu_worst = std::max(cpu_worst, std::abs(row.conserved_energy - first) / 3.0);
  }
  expect_close(worst, cpu_worst,
               {.absolute = 2e-6, .relative = 0.2, .why = "trajectories part after some 100 fs"},
               "largest deviation of the energy, eV/atom");
  same_bits(run);
}

FUSEMD_KERNEL_CASE("a NaN in one of 64 different molecules: the others do not notice") {
  const Model model = shipped_model("ultra_tiny");
  const auto device_model = on_device(model);
  const std::vector<Structure> structures = structures_of(different_molecules(64));
  const LoopRun start = run_on_device(model, device_model, structures, options_of(1, 64), kBlock);
  const LoopRun good =
      run_on_device(model, device_model, structures, options_of(3, 64), kBlock, start.states);
  constexpr std::size_t kBad = 3;  // ethanol by itself
  std::vector<ReplicaState> states = start.states;
  states[kBad].positions[4].z = std::numeric_limits<double>::quiet_NaN();
  const LoopRun bad =
      run_on_device(model, device_model, structures, options_of(3, 64), kBlock, states);
  expect(good.result.failures.empty(), "a molecule goes wrong by itself");
  expect(bad.result.failures.size() == 1 && bad.result.failures[0].replica == kBad &&
             bad.result.failures[0].failure.atom == 4 && bad.result.failures[0].failure.step == 2,
         "the failure");
  for (std::size_t r = 0; r < 64; ++r) {
    if (r != kBad) expect_same_state(bad.states[r], good.states[r], "beside a NaN");
  }
  // And alone as in the batch.
  for (const std::int32_t r : {0, 17, 40, 63}) {
    SimulationOptions alone = options_of(3);
    alone.first_replica = r;
    const auto at = static_cast<std::size_t>(r);
    const LoopRun run =
        run_on_device(model, device_model, structures, alone, kBlock, {start.states[at]});
    expect_same_state(run.states[0], good.states[at], "alone");
  }
  same_bits(good);
}

}  // namespace
}  // namespace fusemd::test
