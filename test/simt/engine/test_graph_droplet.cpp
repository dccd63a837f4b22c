// SPDX-License-Identifier: MIT
// The loop of captured graphs on a droplet of some 500 atoms, against the CPU engine.
#include <string>

#include "benchmarks/condensed.hpp"
#include "test/simt/engine/graph_runs.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

#if !defined(FUSEMD_DROPLET_STEPS)
#define FUSEMD_DROPLET_STEPS 0
#endif

System benzene_droplet() {
  const benchmarks::Droplet droplet = benchmarks::benzene_droplet(500);
  return {"droplet of benzene", droplet.atomic_numbers, droplet.positions};
}

/// Levels at which a step takes minutes make as many steps as FUSEMD_DROPLET_STEPS says.
void follow(const std::string& name, std::int64_t steps) {
  if (FUSEMD_DROPLET_STEPS > 0) steps = FUSEMD_DROPLET_STEPS;
  const Model model = shipped_model(name);
  const SimulationOptions options = options_of(Ensemble::nve, steps, steps);
  const Run found = graph_run(model, {benzene_droplet()}, options);
  expect_follows(found, host_run(model, {benzene_droplet()}, options), 1e-5, name);
}

FUSEMD_KERNEL_CASE("graph_loop of 500 atoms follows the CPU engine: ultra_tiny") {
  follow("ultra_tiny", 20);
}
FUSEMD_KERNEL_CASE("graph_loop of 500 atoms follows the CPU engine: tiny") { follow("tiny", 10); }
FUSEMD_KERNEL_CASE("graph_loop of 500 atoms follows the CPU engine: original") {
  follow("original", 5);
}

}  // namespace
}  // namespace fusemd::test
