// SPDX-License-Identifier: MIT
// 2,000 steps of benzene and of water at constant energy with a shipped model, in the block
// loop and on the CPU engine. A program a model: FUSEMD_ENERGY_MODEL.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

/// Largest deviation of a replica's conserved energy from its first, eV.
double strays(const LoopRun& run, int replica) {
  double first = std::nan(""), most = 0.0;
  for (const LogRow& row : run.samples.rows) {
    if (row.replica != replica) continue;
    if (std::isnan(first)) first = row.conserved_energy;
    most = std::max(most, std::abs(row.conserved_energy - first));
  }
  return most;
}

/// The mean of the second half less that of the first, eV.
double drift(const LoopRun& run, int replica) {
  std::vector<double> energies;
  for (const LogRow& row : run.samples.rows) {
    if (row.replica == replica) energies.push_back(row.conserved_energy);
  }
  const std::size_t half = energies.size() / 2;
  double difference = 0.0;
  for (std::size_t k = 0; k < half; ++k) {
    difference += (energies[energies.size() - 1 - k] - energies[k]) / static_cast<double>(half);
  }
  return difference;
}

void conserve(const std::string& name) {
  const Model model = shipped_model(name);
  const std::vector<System> systems = {benzene(), water()};
  const std::vector<Structure> structures = structures_of(systems);
  SimulationOptions options;
  options.steps = 2000;
  options.log_every = 10;
  options.timestep = 0.25;
  options.replicas = 2;
  const LoopRun found =
      run_on_device(model, on_device(model), structures, options, block_loop_by(launch_policy(75)));
  const LoopRun host = run_on_cpu(model, structures, options);
  for (int r = 0; r < 2; ++r) {
    const std::string what = name + ", " + systems[static_cast<std::size_t>(r)].name;
    expect(found.states[static_cast<std::size_t>(r)].step == 2000, what + ": all steps");
    // What velocity Verlet makes of the time step is no error of the loop: as on the CPU.
    expect(strays(host, r) > 1e-5, what + ": nothing happens to the energy");
    expect_close(strays(found, r), strays(host, r),
                 {.absolute = 5e-6, .relative = 0.3, .why = "trajectories part after some 100 fs"},
                 what + ": largest deviation of the energy, eV");
    expect_close(drift(found, r), 0.0,
                 {.absolute = 1e-4, .why = "eV in 0.25 ps: rounding of forces, averaged"},
                 what + ": drift of the energy, eV");
  }
  same_bits(found);
}

FUSEMD_KERNEL_CASE("2,000 steps of benzene and water conserve the energy") {
#if defined(FUSEMD_ENERGY_MODEL)
  conserve(FUSEMD_ENERGY_MODEL);
#else  // on a GPU one program has all cases
  for (const char* model : {"original", "tiny", "ultra_tiny"}) conserve(model);
#endif
}

}  // namespace
}  // namespace fusemd::test
