// SPDX-License-Identifier: MIT
// Constant-energy dynamics with the trained weights that users run.
#include "host/engine.hpp"
#include "host/md/simulation.hpp"
#include "test/support/catch.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {
namespace {

class NoSamples : public SampleSink {
 public:
  void log(const LogRow& /*row*/) override {}
  void frame(const Frame& /*frame*/) override {}
};

/// RMS of the total energy's error in meV/atom: eight replicas of benzene, 0.5 ps each.
double energy_error(const Potential& potential, double timestep) {
  Structure benzene;
  benzene.atomic_numbers = test::benzene().atomic_numbers;
  benzene.positions = test::benzene().positions;
  SimulationOptions options;
  options.timestep = timestep;
  options.steps = static_cast<std::int64_t>(500.0 / timestep);
  options.log_every = 2;
  options.replicas = 8;
  options.seeds = {3};
  NoSamples samples;
  Simulation simulation(potential, std::vector{benzene}, options);
  return simulation.run(samples).energies.fluctuation;
}

}  // namespace

TEST_CASE("shipped models: the energy error of velocity Verlet falls by four at half the step") {
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    const Engine engine = make_engine(shipped_model(name), {.device = "cpu"});
    const double ratio =
        energy_error(*engine.potential, 1.0) / energy_error(*engine.potential, 0.5);
    CAPTURE(name, ratio);
    // The method is of second order: 4, up to higher orders at C-H vibrations of 11 fs and to the
    // trajectories' parting.
    REQUIRE(ratio > 3.4);
    REQUIRE(ratio < 4.6);
  }
}

}  // namespace fusemd::test
