// SPDX-License-Identifier: MIT
// 100 fs through the loop of captured graphs, against the CPU engine: all shipped models.
#include <string>

#include "test/simt/engine/graph_runs.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("200 steps of benzene and water in graphs follow the CPU engine") {
  const std::vector<System> systems = {benzene(), water()};
  const SimulationOptions options = options_of(Ensemble::nve, 200, 100);
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    const Model model = shipped_model(name);
    const Run found = graph_run(model, systems, options);
    expect_follows(found, host_run(model, systems, options), 1e-4, name);
    expect(found.failures.empty() && found.notes.empty(), "nothing to report");
  }
}

}  // namespace
}  // namespace fusemd::test
