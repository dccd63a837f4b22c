// SPDX-License-Identifier: MIT
// The engine's choice of a loop on the executor's device: what the heading says, and that the loop
// it says is the one that runs.
#include <string>

#include "host/cuda/cuda_engine.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("the heading says which loop runs and why") {
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const Engine engine = cuda::make_engine(model, {.device = "cuda", .table_intervals = 64}, 0);
  const std::vector<Structure> structures =
      structures_of({rattled(water(), 0.05, 1), rattled(methane(), 0.05, 2)});
  const SimulationOptions options = short_run(Ensemble::langevin, 2, 2);
  std::vector<ReplicaState> expected;
  for (const std::string loop : {"host", "auto", "block", "cooperative", "graph"}) {
    const device::LaunchNumbers before = device::launch_numbers();
    PlannedSimulation planned = cuda::make_simulation(engine, model, structures, options, loop, {});
    Recorder samples;
    expect(planned.runner->run(samples).failures.empty(), loop + ": a failure");
    const device::LaunchNumbers used = device::launch_numbers() - before;
    const auto says = [&](const std::string& words) {
      expect(planned.loop.find(words) != std::string::npos, planned.loop + " has no " + words);
    };
    if (loop == "host") {
      says("on the host (host: asked for)");
      continue;
    }
    says("on the device (");
    expect((used.graphs > 0) == (planned.loop.find("(graph: ") != std::string::npos),
           planned.loop + ": graphs");
    if (loop == "auto") {
      says(" in the static cost model, ");
      says(" times as much");
    } else {
      says("(" + loop + ": asked for");
    }
    if (loop == "cooperative") {
      says("asked for; 256 blocks of 256 threads are resident, 2 replicas of up to 5 atoms: 2 ");
    }
    const auto states = planned.runner->states();
    if (expected.empty()) expected.assign(states.begin(), states.end());
    for (std::size_t r = 0; r < states.size(); ++r) expect_same_state(states[r], expected[r], loop);
  }
}

}  // namespace
}  // namespace fusemd::test
