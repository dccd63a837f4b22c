// SPDX-License-Identifier: MIT
// The shipped models on real molecules, two steps: teams against single stages.
#include <memory>
#include <string>
#include <vector>

#include "host/cuda/cooperative_loop.hpp"
#include "test/simt/engine/replica_fixture.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

void compare(const std::string& name, const System& system, unsigned blocks, bool cluster) {
  if (cluster && !clusters_run()) return;
  const auto model = std::make_shared<cuda::DeviceModel>(shipped_model(name), cuda::ModelOptions{});
  const ReplicaFixture replicas({system}, Ensemble::csvr);
  const std::vector<ReplicaState> expected = after_steps_by_stages(replicas, model, 2);
  const auto device = replicas.on_device();
  cuda::CooperativeLoop loop(model, *device,
                             {.blocks = blocks, .threads = 128, .cluster = cluster});
  run_loop(loop, 2, 2);
  const std::vector<ReplicaState> found = replicas.read(*device);
  expect(found[0].step == 2, "not all steps were made");
  expect(found == expected, name + " on " + system.name + " has other bits");
  same_bits(found[0].positions);
}

FUSEMD_KERNEL_CASE("original on aspirin and water") {
  compare("original", rattled(aspirin(), 0.05, 11), 8, false);
  compare("original", rattled(water(), 0.05, 11), 3, true);
}

FUSEMD_KERNEL_CASE("tiny on benzene") {
  compare("tiny", rattled(benzene(), 0.05, 11), 12, false);
  compare("tiny", rattled(benzene(), 0.05, 11), 6, true);
}

FUSEMD_KERNEL_CASE("ultra_tiny on aspirin") {
  compare("ultra_tiny", rattled(aspirin(), 0.05, 11), 21, false);
  compare("ultra_tiny", rattled(aspirin(), 0.05, 11), 7, true);
}

}  // namespace
}  // namespace fusemd::test
