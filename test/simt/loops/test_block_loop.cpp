// SPDX-License-Identifier: MIT
// kernels/block_loop.hpp against the stage kernels launched one by one: the same text in another
// order of launches, so every bit must agree.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "host/cuda/block_loop.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/engine/replica_fixture.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr Ensemble kEnsembles[] = {Ensemble::nve, Ensemble::langevin, Ensemble::csvr};

FUSEMD_KERNEL_CASE("block loop has the bits of the stages in every ensemble") {
  const Model model = make_model(shipped_switches(8, 2, 6), 3);
  for (const Ensemble ensemble : kEnsembles) {
    compare_with_stages(model, {rattled(water(), 0.05, 1), single_atom(8)},
                        short_run(ensemble, 3, 2), block_policy(64, 2, 24 * 1024), DenseKind::fma,
                        std::string(ensemble_name(ensemble)));
  }
}

FUSEMD_KERNEL_CASE("block loop with mixing, odd widths and three layers") {
  const Model model = make_model(seed_switches(12, 3, 5), 4);
  compare_with_stages(model, {rattled(methane(), 0.05, 2)}, short_run(Ensemble::nve, 2, 1),
                      block_policy(32, 1, 8 * 1024), DenseKind::fma, "seed's switches");
}

FUSEMD_KERNEL_CASE("block loop: any width, number of blocks and place of arrays, alone or not") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const auto device_model = on_device(model, {.table_intervals = 64});
  const std::vector<System> systems = {rattled(water(), 0.05, 1), pair(1, 8, 1.1),
                                       rattled(methane(), 0.05, 2)};
  const SimulationOptions options = short_run(Ensemble::csvr, 2, systems.size());
  const std::vector<Structure> structures = structures_of(systems);
  const LoopRun expected = run_on_device(model, device_model, structures, options,
                                         block_loop_by(block_policy(64, 3, 40 * 1024)));
  // Tile scratch alone in shared memory; one block for all; wide blocks.
  for (const LaunchPolicy& policy :
       {block_policy(32, 2, 2 * 1024), block_policy(256, 1, 16 * 1024)}) {
    expect_same_run(run_on_device(model, device_model, structures, options, block_loop_by(policy)),
                    expected, std::to_string(policy.loop_threads) + " threads");
  }
  for (std::int32_t r = 0; r < options.replicas; ++r) {
    SimulationOptions alone = options;
    alone.replicas = 1;
    alone.first_replica = r;
    const LoopRun run = run_on_device(model, device_model, structures, alone,
                                      block_loop_by(block_policy(64, 1, 40 * 1024)));
    expect_same_state(run.states[0], expected.states[static_cast<std::size_t>(r)], "alone");
  }
  same_bits(expected);
}

FUSEMD_KERNEL_CASE("block loop: one launch an interval, and no wait") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const auto device_model = on_device(model, {.table_intervals = 64});
  SimulationOptions options = short_run(Ensemble::nve, 12, 1);
  options.log_every = 3;
  options.frame_every = 0;
  const device::LaunchNumbers before = device::launch_numbers();
  const LoopRun run = run_on_device(model, device_model, {structure_of(water())}, options,
                                    block_loop_by(block_policy(32, 1, 8 * 1024)));
  const device::LaunchNumbers used = device::launch_numbers() - before;
  expect(run.samples.rows.size() == 5, "samples at 0, 3, 6, 9, 12");
  // One launch for the first forces, one a sample, the start's among them.
  expect(used.kernels == 1 + 5 && used.graphs == 0,
         std::to_string(used.kernels) + " launches instead of 6");
  // The host waits for each sample to arrive, while the next intervals are in the stream.
  expect(used.event_waits == 5, std::to_string(used.event_waits) + " waits for samples");
  same_bits(run);
}

FUSEMD_KERNEL_CASE(
    "block loop: an interval is one launch, during which the host waits for nothing") {
  const auto model = on_device(make_model(shipped_switches(8, 2, 6), 6), {.table_intervals = 64});
  const ReplicaFixture replicas({water(), methane()}, Ensemble::csvr);
  const auto device = replicas.on_device();
  const auto loop = cuda::make_block_loop(model, *device, block_policy(32, 2, 8 * 1024));
  loop->start(nullptr);
  DeviceArray<ReplicaProgress> progress(2);
  DeviceArray<double> atoms(std::size_t{9} * device->n_atoms());
  for (std::int64_t step = 0; step < 6; step += 2) {
    const device::LaunchNumbers before = device::launch_numbers();
    loop->advance({step, step + 2}, {progress.data(), atoms.data()}, nullptr);
    const device::LaunchNumbers asked = device::launch_numbers() - before;
    expect(asked.kernels == 1 && asked.graphs == 0, "one launch");
    expect(asked.stream_waits == 0 && asked.event_waits == 0, "no wait");
  }
  for (const ReplicaProgress& each : progress.download()) expect(each.step == 6, "six steps");
}

FUSEMD_KERNEL_CASE("block loop: going on from saved states has the bits of one run") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const auto device_model = on_device(model, {.table_intervals = 64});
  const std::vector<Structure> structures = structures_of({rattled(water(), 0.05, 1)});
  const auto loop = block_loop_by(block_policy(32, 1, 8 * 1024));
  const LoopRun whole =
      run_on_device(model, device_model, structures, short_run(Ensemble::langevin, 4, 1), loop);
  const LoopRun half =
      run_on_device(model, device_model, structures, short_run(Ensemble::langevin, 2, 1), loop);
  const LoopRun rest = run_on_device(model, device_model, structures,
                                     short_run(Ensemble::langevin, 4, 1), loop, half.states);
  expect_same_state(rest.states[0], whole.states[0], "in two runs");
  expect(rest.samples.rows.size() == 2 && rest.samples.rows[0].step == 3, "rows of the second run");
}

/// A replica that must stop, among others that must not notice.
void compare_with_neighbours(const std::function<void(ReplicaState&)>& spoil,
                             StepFailure::Quantity quantity,
                             int atom,
                             const std::string& name) {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const auto device_model = on_device(model, {.table_intervals = 64});
  const std::vector<Structure> structures =
      structures_of({rattled(water(), 0.05, 1), pair(1, 8, 1.1), rattled(water(), 0.05, 3)});
  const auto loop = block_loop_by(block_policy(32, 2, 8 * 1024));
  const LoopRun start =
      run_on_device(model, device_model, structures, short_run(Ensemble::nve, 2, 3), loop);
  const LoopRun good = run_on_device(model, device_model, structures,
                                     short_run(Ensemble::nve, 4, 3), loop, start.states);
  std::vector<ReplicaState> states = start.states;
  spoil(states[0]);
  const LoopRun bad =
      run_on_device(model, device_model, structures, short_run(Ensemble::nve, 4, 3), loop, states);
  expect(bad.result.failures.size() == 1, name + ": one failure");
  const ReplicaFailure& failure = bad.result.failures[0];
  expect(failure.replica == 0 && failure.failure.step == 3, name + ": replica and step");
  expect(failure.failure.quantity == quantity && failure.failure.atom == atom,
         name + ": quantity or atom");
  expect(bad.states[0].failed && bad.states[0].step == 2, name + ": the last good step");
  for (std::size_t r = 1; r < 3; ++r) expect_same_state(bad.states[r], good.states[r], name);
  for (const LogRow& row : bad.samples.rows)
    expect(row.replica != 0, name + ": a row of a bad step");
}

FUSEMD_KERNEL_CASE("block loop: a replica that goes wrong stops alone") {
  using Quantity = StepFailure::Quantity;
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  compare_with_neighbours([](ReplicaState& s) { s.positions[1].y = kNaN; }, Quantity::position, 1,
                          "NaN as a position");
  compare_with_neighbours([](ReplicaState& s) { s.positions[2].x = 2e6; }, Quantity::position, 2,
                          "a lost atom");
  compare_with_neighbours([](ReplicaState& s) { s.velocities[2].z = kNaN; }, Quantity::position, 2,
                          "NaN as a velocity");
  compare_with_neighbours([](ReplicaState& s) { s.velocities[0].z = 30.0; }, Quantity::temperature,
                          0, "too hot");
}

FUSEMD_KERNEL_CASE("block loop: a start that is too hot is no step") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  std::vector<Structure> structures = structures_of({rattled(water(), 0.05, 1), pair(1, 8, 1.1)});
  structures[1].velocities = {{0.0, 0.0, 0.0}, {0.0, 25.0, 0.0}};
  const SimulationOptions options = short_run(Ensemble::nve, 2, 2);
  const LoopRun expected = run_on_cpu(model, structures, options);
  const LoopRun found = run_on_device(model, on_device(model, {.table_intervals = 64}), structures,
                                      options, block_loop_by(block_policy(64, 2, 8 * 1024)));
  for (const LoopRun* run : {&expected, &found}) {
    expect(run->result.failures.size() == 1, "one failure");
    const ReplicaFailure& failure = run->result.failures[0];
    expect(failure.replica == 1 && failure.failure.step == 0 && failure.failure.atom == 1 &&
               failure.failure.quantity == StepFailure::Quantity::temperature,
           "which, when and why");
    expect(run->states[0].step == 2 && run->states[1].failed, "the other goes on");
    expect(run->samples.rows.size() == 3, "rows of the good replica");
  }
  expect_close(found.result.failures[0].failure.value, expected.result.failures[0].failure.value,
               {.relative = 1e-12, .why = "sums in another order"}, "the temperature");
  same_bits(found);
}

FUSEMD_KERNEL_CASE("block loop: limits stop a replica where the CPU engine stops it") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const std::vector<Structure> structures = structures_of({rattled(water(), 0.05, 1)});
  for (const bool jump : {false, true}) {
    SimulationOptions options = short_run(Ensemble::langevin, 3, 1);
    (jump ? options.limits.energy_jump : options.limits.force) = 1e-12;
    const LoopRun expected = run_on_cpu(model, structures, options);
    const LoopRun found = run_on_device(model, on_device(model), structures, options,
                                        block_loop_by(block_policy(64, 1, 8 * 1024)));
    expect(expected.result.failures.size() == 1 && found.result.failures.size() == 1, "failures");
    const StepFailure& a = found.result.failures[0].failure;
    const StepFailure& b = expected.result.failures[0].failure;
    expect(a.quantity == b.quantity && a.step == b.step && a.atom == b.atom,
           jump ? "energy jump" : "force");
    expect_close(a.value, b.value,
                 {.absolute = 1e-6, .relative = 1e-3, .why = "forces of single precision"},
                 "the value");
    expect(found.result.failures[0].last_good.size() == 1, "the last good step");
  }
}

}  // namespace
}  // namespace fusemd::test
