// SPDX-License-Identifier: MIT
// Lets one call of operator new after the other fail in what the library offers, in this process.
#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/frame_writer.hpp"
#include "host/io/restart_file.hpp"
#include "host/md/simulation.hpp"
#include "test/support/allocation_count.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/md_fixture.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/weights/minute_model.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

/// Each allocation of `entry` fails once: each time it throws std::bad_alloc, or does without, and
/// leaves no memory behind; in the end it succeeds.
void fail_each(const char* name, const std::function<void()>& entry) {
  entry();  // fills what lasts as long as the program
  long refused = 0;
  for (long n = 1;; ++n) {
    const long before = live_allocations();
    bool threw = false;
    fail_allocation(n);
    try {
      entry();
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    fail_allocation(0);
    const long after = live_allocations();
    CAPTURE(name, n);
    REQUIRE(after == before);
    if (!allocation_failed()) break;
    refused += threw ? 1 : 0;
  }
  CAPTURE(name);
  REQUIRE(refused > 0);
}

}  // namespace

// fault: memory runs out in a call of the library, at any allocation | std::bad_alloc, nothing
// leaks, the next call succeeds
TEST_CASE("a lack of memory is an exception, and leaves nothing behind") {
  const TemporaryFolder folder;
  const std::string model_path = folder.file("minute.json");
  write_file(model_path, format_model(minute_model()));
  const std::string input = folder.file("water.xyz");
  write_file(input, "3\nwater\nO 0 0 0.1178\nH 0 0.7555 -0.4712\nH 0 -0.7555 -0.4712\n");

  fail_each("read_model", [&] { read_model(model_path); });
  fail_each("read_extxyz", [&] { read_extxyz(input); });

  const Model model = read_model(model_path);
  const std::vector<Structure> structures = read_extxyz(input);
  fail_each("cpu potential", [&] {
    const auto potential = cpu::make_potential(model, {.table_intervals = 16});
    const auto evaluator = potential->make_evaluator(structures[0].atomic_numbers);
    std::vector<Vec3> forces(3);
    evaluator->compute(structures[0].positions, forces);
  });

  const AnalyticPotential potential(morse(4.6, 2.2, 1.0));
  SimulationOptions options;
  options.steps = 30;
  options.log_every = 5;
  options.frame_every = 10;
  options.replicas = 3;
  options.outside_training = OutsideTraining::count;
  options.closest_pairs = {{1, 8, 5.0}};  // all are nearer
  std::vector<ReplicaState> states;
  fail_each("simulation with files", [&] {
    FrameWriter writer(
        {.log_path = folder.file("log.csv"), .trajectory_path = folder.file("trajectory.xyz")});
    Simulation simulation(potential, structures, options);
    simulation.run(writer);
    writer.close();
    states.assign(simulation.states().begin(), simulation.states().end());
  });

  Restart restart;
  restart.states = states;
  restart.statistics = EnergyStatistics(states.size());
  restart.description = "{}";
  fail_each("restart", [&] { parse_restart(restart_bytes(restart), "x"); });
}
