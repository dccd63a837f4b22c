// SPDX-License-Identifier: MIT
// What the cooperative loop asks of the host and of the grid in an interval, counted. On the
// executor only.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/cuda/cooperative_loop.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/engine/replica_fixture.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

constexpr int kSteps = 10;

/// Benzene and water beside one another, a team each.
void count(const std::string& name, Ensemble ensemble, bool cluster) {
  const Model model = shipped_model(name);
  const auto device_model = std::make_shared<cuda::DeviceModel>(model, cuda::ModelOptions{});
  const ReplicaFixture replicas({benzene(), water()}, ensemble);
  const auto device = replicas.on_device();
  cuda::CooperativeLoop loop(
      device_model, *device,
      {.teams = 2, .blocks = 6, .threads = 64, .tile_rows = 2, .cluster = cluster});
  loop.start(nullptr);

  const device::LaunchNumbers before = device::launch_numbers();
  executor::statistics() = {};
  loop.advance({0, kSteps}, {}, nullptr);
  const device::LaunchNumbers asked = device::launch_numbers() - before;
  expect(asked.kernels == 1 && asked.graphs == 0, "more than one launch an interval");
  expect(asked.stream_waits == 0 && asked.event_waits == 0, "the host waited");
  // Every block meets the others 2 L times a step; a cluster once more, when it begins.
  const std::uint64_t blocks = 12, a_step = 2 * device_model->n_layers();
  expect(executor::statistics().grid_barriers == blocks * (a_step * kSteps + (cluster ? 1 : 0)),
         "barriers a step: " +
             std::to_string(double(executor::statistics().grid_barriers) / blocks / kSteps));

  for (const ReplicaState& state : replicas.read(*device)) {
    expect(state.step == kSteps, "a replica stopped");
  }
}

FUSEMD_KERNEL_CASE(
    "an interval of the cooperative loop: one launch, no wait, 2 L barriers a step") {
  count("ultra_tiny", Ensemble::nve, false);
  count("ultra_tiny", Ensemble::langevin, true);
  count("tiny", Ensemble::csvr, true);
  count("original", Ensemble::langevin, false);
}

}  // namespace
}  // namespace fusemd::test
