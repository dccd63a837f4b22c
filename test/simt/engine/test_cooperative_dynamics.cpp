// SPDX-License-Identifier: MIT
// 200 steps of the cooperative loop in one launch: the trajectory of the CPU engine.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "host/cuda/cooperative_loop.hpp"
#include "test/simt/engine/replica_fixture.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

constexpr int kSteps = 200;

/// Benzene and water beside one another, a team each: a cluster where there are any.
void compare(const std::string& name, Ensemble ensemble, bool cluster) {
  const Model model = shipped_model(name);
  const auto device_model = std::make_shared<cuda::DeviceModel>(model, cuda::ModelOptions{});
  const ReplicaFixture replicas({benzene(), water()}, ensemble);
  const std::vector<ReplicaState> expected = after_steps_on_cpu(replicas, model, kSteps);
  const auto device = replicas.on_device();
  cuda::CooperativeLoop loop(device_model, *device,
                             {.teams = 2,
                              .blocks = 6,
                              .threads = 64,
                              .tile_rows = 2,
                              .cluster = cluster && clusters_run()});
  loop.start(nullptr);
  loop.advance({0, kSteps}, {}, nullptr);
  const std::vector<ReplicaState> found = replicas.read(*device);
  for (std::size_t r = 0; r < found.size(); ++r) {
    expect(found[r].step == kSteps, "a replica stopped");
    double farthest = 0.0;
    for (std::size_t i = 0; i < found[r].positions.size(); ++i) {
      expect_close(norm(found[r].positions[i] - expected[r].positions[i]), 0.0,
                   {.absolute = 1e-4, .why = "forces of single precision, over 100 fs"},
                   name + ", replica " + std::to_string(r) + ", atom " + std::to_string(i));
      farthest = std::max(farthest, norm(found[r].positions[i] - replicas.states[r].positions[i]));
    }
    expect(farthest > 1e-3, "no atom has moved");
    same_bits(found[r].positions);
  }
}

FUSEMD_KERNEL_CASE("200 steps of ultra_tiny follow the CPU engine, all ensembles") {
  compare("ultra_tiny", Ensemble::nve, false);
  compare("ultra_tiny", Ensemble::langevin, true);
  compare("ultra_tiny", Ensemble::csvr, false);
}
FUSEMD_KERNEL_CASE("200 steps of tiny follow the CPU engine") {
  compare("tiny", Ensemble::csvr, true);
}
FUSEMD_KERNEL_CASE("200 steps of original follow the CPU engine") {
  compare("original", Ensemble::langevin, false);
}

}  // namespace
}  // namespace fusemd::test
