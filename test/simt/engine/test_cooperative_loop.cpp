// SPDX-License-Identifier: MIT
// kernels/cooperative_loop.hpp against the kernels of single stages, which must give the same bits.
// Compiled twice: with teams of a cooperative grid, and with clusters for teams.
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "host/cuda/cooperative_loop.hpp"
#include "test/simt/engine/replica_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

using cuda::TeamWish;

#if defined(FUSEMD_TEST_CLUSTERS)
#define FUSEMD_TEAMS "clusters:"
constexpr bool kClusters = true;
#else
#define FUSEMD_TEAMS "teams:"
constexpr bool kClusters = false;
#endif

/// Whether the program's kernels and the device have what a team is.
bool can_run() { return !kClusters || clusters_run(); }

struct Shape {
  unsigned teams, blocks, threads, tile_rows;

  TeamWish wish() const {
    return {.teams = teams,
            .blocks = blocks,
            .threads = threads,
            .tile_rows = tile_rows,
            .cluster = kClusters};
  }
  std::string text() const {
    return std::to_string(teams) + " teams of " + std::to_string(blocks) + " blocks of " +
           std::to_string(threads) + " threads, tiles of " + std::to_string(tile_rows);
  }
};

std::shared_ptr<const cuda::DeviceModel> on_device(const Model& model) {
  return std::make_shared<cuda::DeviceModel>(model, cuda::ModelOptions{.table_intervals = 64});
}

/// One interval of two steps and one of one, for every shape.
void compare(const Model& model,
             const std::vector<System>& systems,
             Ensemble ensemble,
             const std::vector<Shape>& shapes) {
  if (!can_run()) return;
  const auto device_model = on_device(model);
  const ReplicaFixture replicas(systems, ensemble);
  const std::vector<ReplicaState> expected = after_steps_by_stages(replicas, device_model, 3);
  for (const Shape& shape : shapes) {
    const auto device = replicas.on_device();
    cuda::CooperativeLoop loop(device_model, *device, shape.wish());
    run_loop(loop, 3, 2);
    const std::vector<ReplicaState> found = replicas.read(*device);
    for (std::size_t r = 0; r < found.size(); ++r) {
      expect(found[r].step == 3 && expected[r].step == 3, "not all steps were made");
      expect(found[r] == expected[r],
             "replica " + std::to_string(r) + " has other bits with " + shape.text());
      same_bits(found[r].positions);
    }
  }
}

const std::vector<System>& three_molecules() {
  static const std::vector<System> systems = {rattled(water(), 0.05, 11),
                                              rattled(carbon_dioxide(), 0.05, 12),
                                              rattled(methane(), 0.05, 13)};
  return systems;
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " the bits of single stages, NVE, any shape") {
  compare(make_model(shipped_switches(8, 2, 5), 7), three_molecules(), Ensemble::nve,
          {{1, 1, 64, 4}, {1, 3, 32, 1}, {2, 2, 64, 3}, {3, 7, 32, 1}});
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " the bits of single stages, with thermostats") {
  const Model model = make_model(shipped_switches(8, 2, 5), 7);
  compare(model, three_molecules(), Ensemble::langevin, {{2, 2, 64, 3}});
  compare(model, three_molecules(), Ensemble::csvr, {{1, 3, 64, 1}});
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " the bits of single stages, one layer and three, mixing") {
  const std::vector<System> two = {rattled(water(), 0.05, 11), rattled(methane(), 0.05, 13)};
  compare(make_model(seed_switches(12, 1, 6), 6), two, Ensemble::nve, {{1, 3, 64, 2}});
  compare(make_model(seed_switches(8, 3, 6), 6), two, Ensemble::csvr, {{2, 2, 64, 2}});
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " a lone atom, and more blocks than atoms") {
  const Model model = make_model(shipped_switches(4, 2, 4), 8);
  const System atom = single_atom(8);
  compare(model, {atom, water()}, Ensemble::langevin, {{2, 5, 32, 1}});
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " a replica that is no number stops alone") {
  if (!can_run()) return;
  const auto model = on_device(make_model(shipped_switches(8, 2, 5), 7));
  ReplicaFixture replicas(three_molecules(), Ensemble::langevin);
  const std::vector<ReplicaState> whole = after_steps_by_stages(replicas, model, 3);
  replicas.states[1].velocities[0].x = std::numeric_limits<double>::quiet_NaN();
  const auto device = replicas.on_device();
  cuda::CooperativeLoop loop(model, *device, Shape{2, 2, 64, 2}.wish());
  DeviceArray<ReplicaProgress> sample(3);
  DeviceArray<double> atoms(std::size_t{9} * device->n_atoms());
  run_loop(loop, 2, 2);
  loop.advance({2, 3}, {sample.data(), atoms.data()}, nullptr);
  const std::vector<ReplicaState> found = replicas.read(*device);
  expect(found[0] == whole[0] && found[2] == whole[2], "the others have other bits");
  expect(found[1].failed && found[1].step == 0, "the replica went on");
  const std::vector<ReplicaProgress> progress = sample.download();
  expect(progress[1].stopped == StopReason::temperature && progress[1].stop_atom == 0 &&
             progress[1].stop_step == 0,
         "reason and place");
  expect(progress[0].step == 3 && progress[2].step == 3, "the sample's steps");
  const std::vector<double> rows = atoms.download();
  const std::size_t n = device->n_atoms();
  for (std::size_t i = 0; i < 3; ++i) {
    expect(rows[i] == found[0].positions[i].x && rows[4 * n + i] == found[0].velocities[i].y &&
               rows[8 * n + i] == found[0].forces[i].z,
           "the sample's atoms");
  }
  expect(rows[3] == replicas.states[1].positions[0].x, "the sample of a stopped replica");
}

/// Kinetic energy that replica 2 may have: what it has at the start, so that the first step that
/// heats it is bad.
void limit_kinetic_energy(cuda::DeviceReplicas& device, double limit) {
  const auto constants = const_cast<ReplicaConstants*>(device.view().atoms.constants + 2);
  ReplicaConstants changed;
  device::copy_to_host(&changed, constants, sizeof changed, nullptr);
  device::synchronize(Stream{nullptr});
  changed.kinetic_limit = limit;
  device::copy_to_device(constants, &changed, sizeof changed, nullptr);
  device::synchronize(Stream{nullptr});
}

FUSEMD_KERNEL_CASE(FUSEMD_TEAMS " a replica that gets too hot goes back to its last good step") {
  if (!can_run()) return;
  const auto model = on_device(make_model(shipped_switches(8, 2, 5), 7));
  const ReplicaFixture replicas(three_molecules(), Ensemble::nve);
  const std::vector<ReplicaState> start = after_steps_by_stages(replicas, model, 0);
  const auto prepare = [&](cuda::DeviceReplicas& device) {
    limit_kinetic_energy(device, start[2].kinetic_energy);
  };
  constexpr int kSteps = 6;
  const std::vector<ReplicaState> expected =
      after_steps_by_stages(replicas, model, kSteps, prepare);
  expect(expected[2].failed && expected[2].step < kSteps, "no step was bad");
  const auto device = replicas.on_device();
  prepare(*device);
  cuda::CooperativeLoop loop(model, *device, Shape{1, 3, 64, 2}.wish());
  run_loop(loop, kSteps, kSteps);
  expect(replicas.read(*device) == expected, "other states than single stages leave");
}

}  // namespace
}  // namespace fusemd::test
