// SPDX-License-Identifier: MIT
// Counts calls of operator new.
#include <vector>

#include "host/md/simulation.hpp"
#include "host/md/velocities.hpp"
#include "test/support/allocation_count.hpp"
#include "test/support/catch.hpp"
#include "test/support/md_fixture.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

class NoSink : public SampleSink {
 public:
  void log(const LogRow&) override { ++rows; }
  void frame(const Frame&) override { ++rows; }
  long rows = 0;
};

}  // namespace

TEST_CASE("steps allocate nothing") {
  for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
    SingleReplica replica(morse(4.6, 2.2, 1.0), {.ensemble = ensemble, .degrees_of_freedom = 3},
                          kBentMasses, kBent);
    replica.state.temperature = 300.0;
    draw_velocities({.temperature = 300.0}, kBent, kBentMasses, replica.state.velocities);
    REQUIRE(replica.start());
    const long before = allocation_count();
    const bool good = replica.run(10'000);
    const long after = allocation_count();
    REQUIRE(good);
    REQUIRE(after - before == 0);
  }
}

TEST_CASE("a simulation's allocations do not grow with its steps") {
  const auto count = [](std::int64_t steps) {
    const AnalyticPotential potential(morse(4.6, 2.2, 1.0));
    Structure structure;
    structure.atomic_numbers = {8, 1, 1};
    structure.positions = kBent;
    SimulationOptions options;
    options.steps = steps;
    options.log_every = 10;
    options.frame_every = 100;
    options.replicas = 4;
    Simulation simulation(potential, std::vector{structure}, options);
    NoSink sink;
    const long before = allocation_count();
    simulation.run(sink);
    REQUIRE(sink.rows == 4 * (steps / 10 + steps / 100 + 2));
    return allocation_count() - before;
  };
  const long few = count(1000), many = count(200'000);
  INFO(few << " and " << many << " allocations");
  // Longer runs have longer rounds, whose sample buffers grow a few times: not one a step or
  // sample.
  REQUIRE(many < few + 200);
}
