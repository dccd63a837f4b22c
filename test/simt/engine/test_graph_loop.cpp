// SPDX-License-Identifier: MIT
// The loop of captured graphs: against the CPU engine, alone and in batches, with lists that
// overflow, replicas that fail, and counted launches.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "host/cuda/device_graph.hpp"
#include "host/cuda/owned_stream.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/engine/graph_runs.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Ensemble kEnsembles[] = {Ensemble::nve, Ensemble::langevin, Ensemble::csvr};

const Model& small_model() {
  static const Model model = make_model(shipped_switches(16, 2, 8), 3);
  return model;
}

FUSEMD_KERNEL_CASE("graph_loop of benzene and water follows the CPU engine, every ensemble") {
  for (const Ensemble ensemble : kEnsembles) {
    const SimulationOptions options = options_of(ensemble, 6, 3);
    const std::vector<System> systems = {benzene(), water()};
    expect_follows(graph_run(small_model(), systems, options),
                   host_run(small_model(), systems, options), 1e-6, "random model");
  }
}

FUSEMD_KERNEL_CASE("graph_loop has the same bits alone and in any batch") {
  const SimulationOptions options = options_of(Ensemble::csvr, 4, 2);
  const std::vector<System> systems = {water(), random_box(40, 4), benzene()};
  const Run all = graph_run(small_model(), systems, options);
  for (int r = 0; r < 3; ++r) {
    SimulationOptions own = options;
    own.first_replica = r;
    const Run run = graph_run_alone(small_model(), systems, own);
    expect(run.frames == all.of(r), "replica " + std::to_string(r) + " has other bits alone");
  }
}

FUSEMD_KERNEL_CASE("graph_loop has the same bits however steps are divided") {
  const std::vector<System> systems = {water(), random_box(20, 4)};
  const Run one = graph_run(small_model(), systems, options_of(Ensemble::langevin, 8, 8));
  // Intervals of 1 to 3 steps; and graphs of one step each.
  for (const std::int64_t every : {std::int64_t{1}, std::int64_t{3}}) {
    for (const std::size_t nodes : {std::size_t{8192}, std::size_t{1}}) {
      const Run run = graph_run(small_model(), systems, options_of(Ensemble::langevin, 8, every),
                                {.most_nodes = nodes});
      expect(run.states == one.states, "every " + std::to_string(every));
    }
  }
  // In two runs, the second of which makes its lists anew.
  const Run half = graph_run(small_model(), systems, options_of(Ensemble::langevin, 3, 3));
  const Run rest =
      graph_run(small_model(), systems, options_of(Ensemble::langevin, 8, 8), {}, half.states);
  expect(rest.states == one.states, "in two runs");
}

// Skins of any size, so lists of any age.
FUSEMD_KERNEL_CASE("graph_loop has the same bits whatever the skin") {
  const std::vector<System> systems = {random_box(30, 6)};
  const SimulationOptions options = options_of(Ensemble::nve, 8, 4);
  const Run usual = graph_run(small_model(), systems, options);
  for (const double skin : {1e-9, 0.02, 2.0}) {
    const Run run = graph_run(small_model(), systems, options, {.candidates = {.skin = skin}});
    expect(run.frames == usual.frames, "skin " + std::to_string(skin));
  }
}

/// Two waters that fly at each other from out of sight, and a bystander.
struct Collision {
  std::vector<System> systems;
  std::vector<ReplicaState> states;
};

Collision collision(Ensemble ensemble) {
  Collision made;
  System pair = two_waters(8.0);
  made.systems = {benzene(), pair};
  const Run start = graph_run(small_model(), made.systems, options_of(ensemble, 0, 1));
  made.states = start.states;
  ReplicaState& flying = made.states[1];
  const Vec3 apart = flying.positions[3] - flying.positions[0];
  const Vec3 direction = (1.0 / norm(apart)) * apart;
  for (std::size_t i = 0; i < 6; ++i) {
    flying.velocities[i] = (i < 3 ? 0.5 : -0.5) * direction;
  }
  flying.has_forces = true;
  return made;
}

// The waters' lists hold two candidates an atom at first; each overflow is a pause, after which the
// lists are larger.
FUSEMD_KERNEL_CASE("graph_loop makes room for lists and goes on with the same bits") {
  for (const Ensemble ensemble : kEnsembles) {
    const Collision made = collision(ensemble);
    SimulationOptions options = options_of(ensemble, 12, 4);
    options.temperature_limit = 1e9;
    const Run roomy = graph_run(small_model(), made.systems, options, {}, made.states);
    const Run tight = graph_run(small_model(), made.systems, options,
                                {.candidates = {.first_room = 1}}, made.states);
    expect(roomy.notes.empty(), "there was room for all");
    expect(!tight.notes.empty(), "no list was too short");
    expect(tight.notes[0].find("neighbour lists: ") == 0 &&
               tight.notes[0].find("after step") != std::string::npos,
           "a line for the user: " + tight.notes[0]);
    expect(tight.frames == roomy.frames && tight.states == roomy.states,
           "other bits than with enough room");
    expect(tight.failures.empty(), "nobody failed");
  }
}

FUSEMD_KERNEL_CASE("graph_loop stops a failed replica alone") {
  for (const Ensemble ensemble : kEnsembles) {
    const std::vector<System> systems = {water(), benzene(), random_box(20, 8)};
    const SimulationOptions options = options_of(ensemble, 6, 2);
    const Run start = graph_run(small_model(), systems, options_of(ensemble, 2, 2));
    std::vector<ReplicaState> broken = start.states;
    broken[1].velocities[7].y = kNaN;
    const Run good = graph_run(small_model(), systems, options, {}, start.states);
    const Run run = graph_run(small_model(), systems, options, {}, broken);
    expect(run.failures.size() == 1 && run.failures[0].replica == 1 &&
               run.failures[0].failure.step == 3,
           "one failure, in the first step");
    expect(run.states[1].step == 2 && run.states[1].failed &&
               run.states[1].positions == start.states[1].positions &&
               run.states[1].forces == start.states[1].forces,
           "its last good state");
    for (const int r : {0, 2}) expect(run.of(r) == good.of(r), "another replica noticed");
    expect(run.of(1).empty(), "no sample of a replica that stopped");
    // What failed in an earlier run takes no part in this one.
    SimulationOptions more = options;
    more.steps = 8;
    const Run later = graph_run(small_model(), systems, more, {}, run.states);
    expect(later.states[1].positions == run.states[1].positions &&
               later.states[1].forces == run.states[1].forces && later.states[1].step == 2 &&
               later.states[1].failed && later.states[2].step == 8,
           "left alone");
  }
}

// Of a resumed state, in which no force tells; alone, so that nobody else keeps the run going, and
// among others.
FUSEMD_KERNEL_CASE("graph_loop stops a replica whose position is no number") {
  for (const Ensemble ensemble : kEnsembles) {
    const std::vector<System> systems = {water(), benzene()};
    const SimulationOptions options = options_of(ensemble, 6, 2);
    const Run start = graph_run(small_model(), systems, options_of(ensemble, 2, 2));
    const Run good = graph_run(small_model(), systems, options, {}, start.states);
    std::vector<ReplicaState> broken = start.states;
    broken[1].positions[7].y = kNaN;
    const Run run = graph_run(small_model(), systems, options, {}, broken);
    SimulationOptions own = options;
    own.first_replica = 1;
    const Run alone = graph_run_alone(small_model(), systems, own, broken[1]);
    for (const Run* each : {&run, &alone}) {
      expect(each->failures.size() == 1 && each->failures[0].replica == 1, "one failure");
      const StepFailure& failure = each->failures[0].failure;
      expect(failure.step == 3 && failure.quantity == StepFailure::Quantity::position &&
                 failure.atom == 7 && std::isnan(failure.value),
             "reason, step, atom and value");
      expect(each->states.back().failed && each->states.back().step == 2, "its last good step");
      expect(each->of(1).empty(), "a sample of a bad step");
    }
    expect(run.of(0) == good.of(0), "the other noticed");
  }
}

// What a replica goes back to before it has made a step of its own.
FUSEMD_KERNEL_CASE("replicas on the device have kept what they start from, each its own rows") {
  const std::vector<System> systems = {water(), benzene()};
  std::vector<ReplicaState> states =
      graph_run(small_model(), systems, options_of(Ensemble::nve, 2, 2)).states;
  SimulationOptions options = options_of(Ensemble::nve, 2, 2);
  options.replicas = 2;
  const CompositionTable table = make_compositions(structures_of(systems), options);
  cuda::DeviceReplicas replicas(table, std::vector{table.of_structure[0], table.of_structure[1]},
                                states);
  const auto check = [&](const std::string& when) {
    std::vector<double> kept(std::size_t{9} * replicas.n_atoms());
    std::vector<ReplicaProgress> progress(2);
    device::copy_to_host(kept.data(), replicas.view().atoms.kept, kept.size() * sizeof(double),
                         nullptr);
    device::copy_to_host(progress.data(), replicas.view().atoms.kept_progress,
                         2 * sizeof(ReplicaProgress), nullptr);
    device::synchronize(Stream{});
    std::size_t at = 0;
    for (std::size_t r = 0; r < 2; ++r) {
      for (const auto* rows : {&states[r].positions, &states[r].velocities, &states[r].forces}) {
        const std::size_t n = rows->size();
        for (std::size_t i = 0; i < n; ++i) {
          const Vec3 found = {kept[at + i], kept[at + n + i], kept[at + 2 * n + i]};
          expect(found == (*rows)[i],
                 when + ": atom " + std::to_string(i) + " of replica " + std::to_string(r));
        }
        at += 3 * n;
      }
      expect(progress[r].step == states[r].step &&
                 progress[r].potential_energy == states[r].potential_energy,
             when + ": progress");
    }
  };
  check("at the start");
  states[1].step = 1;
  states[1].positions[3].x += 0.25;
  states[1].forces[11].z -= 1.0;
  replicas.put(1, states[1], nullptr);
  check("after put()");
}

FUSEMD_KERNEL_CASE("graph_loop: one launch of a graph an interval, and no wait") {
  const std::vector<System> systems = {water(), benzene()};
  std::vector<Structure> structures = structures_of(systems);
  const Run start = graph_run(small_model(), systems, options_of(Ensemble::nve, 0, 1));
  SimulationOptions options = options_of(Ensemble::nve, 100, 10);
  options.replicas = 2;
  const CompositionTable table = make_compositions(structures, options);
  const std::vector<std::size_t> composition = {table.of_structure[0], table.of_structure[1]};
  cuda::DeviceReplicas replicas(table, composition, start.states);
  const auto loop = cuda::make_graph_loop(
      std::make_shared<const cuda::DeviceModel>(small_model(), cuda::ModelOptions{}), replicas);
  cuda::DeviceBuffer<ReplicaProgress> progress(2);
  cuda::DeviceBuffer<double> atoms(std::size_t{9} * replicas.n_atoms());
  const cuda::OwnedStream stream;
  const auto advance = [&](std::int64_t first, std::int64_t last) {
    const device::LaunchNumbers before = device::launch_numbers();
    loop->advance({first, last}, {progress.data(), atoms.data()}, stream);
    return device::launch_numbers() - before;
  };
  // 5 = 4 + 1 steps; the second time the length has a graph of its own.
  expect(advance(0, 5).graphs == 2, "from graphs of 4 and 1 steps");
  (void)advance(5, 10);
  for (std::int64_t step = 10; step < 30; step += 5) {
    const device::LaunchNumbers numbers = advance(step, step + 5);
    expect(numbers.graphs == 1 && numbers.kernels == 0, "one launch");
    expect(numbers.stream_waits == 0 && numbers.event_waits == 0, "no wait");
  }
  expect(advance(30, 30).graphs == 0, "nothing to do but to write the sample");
  device::synchronize(stream);
  std::vector<ReplicaState> states = start.states;
  replicas.get(states, stream);
  expect(states[0].step == 30 && states[1].step == 30, "thirty steps");
}

}  // namespace
}  // namespace fusemd::test
