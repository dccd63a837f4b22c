// SPDX-License-Identifier: MIT
// Many steps and many replicas through the loop of captured graphs.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "test/simt/engine/graph_runs.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/tiny_model.hpp"

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

/// Total energy of a frame, eV.
double total_energy(const Run::Sampled& frame) {
  return frame.potential_energy + frame.kinetic_energy;
}

double mean_energy(const std::vector<Run::Sampled>& frames, std::size_t first, std::size_t last) {
  double sum = 0.0;
  for (std::size_t k = first; k < last; ++k) sum += total_energy(frames[k]);
  return sum / static_cast<double>(last - first);
}

FUSEMD_KERNEL_CASE("2 000 steps of benzene and water in graphs keep their energy: ultra_tiny") {
  const std::vector<System> systems = {benzene(), water()};
  const SimulationOptions options = options_of(Ensemble::nve, 2000, 10);
  const Run run = graph_run(shipped_model("ultra_tiny"), systems, options);
  const Run host = host_run(shipped_model("ultra_tiny"), systems, options);
  for (int r = 0; r < 2; ++r) {
    const std::vector<Run::Sampled> frames = run.of(r), expected = host.of(r);
    expect(frames.size() == 201, "a frame in ten steps");
    const double drift = mean_energy(frames, 101, 201) - mean_energy(frames, 1, 101);
    expect_close(drift, 0.0,
                 {.absolute = 1e-4, .why = "eV in 0.5 ps: rounding of forces, averaged"},
                 systems[static_cast<std::size_t>(r)].name + ": drift");
    // What velocity Verlet makes of 0.5 fs is no error of the loop: no more than on the CPU.
    double most = 0.0, allowed = 0.0;
    for (std::size_t k = 0; k < frames.size(); ++k) {
      most = std::max(most, std::abs(total_energy(frames[k]) - total_energy(frames[0])));
      allowed = std::max(allowed, std::abs(total_energy(expected[k]) - total_energy(expected[0])));
    }
    expect(allowed > 1e-4 && most <= 1.5 * allowed,
           systems[static_cast<std::size_t>(r)].name + ": the energy strays");
  }
}

/// 64 molecules of 2 to 24 atoms, all different, aspirin among them.
std::vector<System> many_molecules() {
  std::vector<System> systems = {aspirin()};
  for (std::size_t k = 1; k < 64; ++k) systems.push_back(random_box(2 + k * 5 % 23, 100 + k));
  return systems;
}

FUSEMD_KERNEL_CASE(
    "64 different molecules in graphs: bits of each alone, one fails, none notices") {
  const Model model = make_model(shipped_switches(16, 2, 8), 3);
  const std::vector<System> systems = many_molecules();
  const SimulationOptions options = options_of(Ensemble::langevin, 4, 2);
  const Run start = graph_run(model, systems, options_of(Ensemble::langevin, 0, 1));
  const Run all = graph_run(model, systems, options, {}, start.states);
  for (const int r : {0, 1, 31, 63}) {
    SimulationOptions own = options;
    own.first_replica = r;
    const auto slot = static_cast<std::size_t>(r);
    // Replica r starts from structure r mod 64: the structures are all there, the replica is alone.
    const Run alone = graph_run_alone(model, systems, own, start.states[slot]);
    expect(alone.frames == all.of(r), "replica " + std::to_string(r) + " has other bits alone");
  }
  std::vector<ReplicaState> broken = start.states;
  broken[37].velocities[1].z = std::numeric_limits<double>::quiet_NaN();
  const Run one_fails = graph_run(model, systems, options, {}, broken);
  expect(one_fails.failures.size() == 1 && one_fails.failures[0].replica == 37, "one fails");
  for (int r = 0; r < 64; ++r) {
    if (r == 37) continue;
    expect(one_fails.of(r) == all.of(r), "replica " + std::to_string(r) + " noticed");
  }
}

}  // namespace
}  // namespace fusemd::test
