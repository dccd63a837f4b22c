// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "host/md/replica_exchange.hpp"
#include "host/md/replica_trail.hpp"
#include "host/md/simulation.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/md_fixture.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr std::int64_t kSteps = 60;
constexpr std::int32_t kReplicas = 4;

/// Positions and velocities of every step and replica.
struct Recorder : SampleSink {
  struct Step {
    std::vector<Vec3> positions, velocities;
  };
  std::map<int, std::vector<Step>> of_replica;
  void log(const LogRow&) override {}
  void frame(const Frame& f) override {
    of_replica[f.replica].push_back(
        {{f.positions.begin(), f.positions.end()}, {f.velocities.begin(), f.velocities.end()}});
  }
};

/// Its bonds swing and its forces rise and fall; the potential itself never goes wrong.
Structure strained() {
  Structure s;
  s.atomic_numbers = {8, 1, 1};
  s.positions = kBent;
  s.positions[1].x = 1.15;
  return s;
}

SimulationOptions langevin(std::vector<double> temperatures) {
  SimulationOptions options;
  options.ensemble = Ensemble::langevin;
  options.steps = kSteps;
  options.log_every = 0;
  options.frame_every = 1;
  options.replicas = kReplicas;
  options.temperatures = std::move(temperatures);
  options.seeds = {5};
  return options;
}

double largest_force(const EnergyFunction& energy, const std::vector<Vec3>& positions) {
  std::vector<Vec3> forces(positions.size());
  energy(positions, forces);
  double most = 0.0;
  for (const Vec3& force : forces) most = std::max(most, norm(force));
  return most;
}

/// For each replica the first step whose force is above `limit`, kSteps + 1 if there is none.
std::vector<std::int64_t> first_above(const Recorder& recorder, double limit) {
  std::vector<std::int64_t> steps;
  for (const auto& [replica, all] : recorder.of_replica) {
    std::int64_t step = 1;
    while (step <= kSteps &&
           largest_force(morse(4.6, 2.2, 1.0), all[static_cast<std::size_t>(step)].positions) <=
               limit) {
      ++step;
    }
    steps.push_back(step);
  }
  return steps;
}

/// Each failure comes with the ten steps before it, or all there were, as `unlimited` has them.
/// Returns how many steps were compared.
int expect_last_good(const std::vector<ReplicaFailure>& failures, const Recorder& unlimited) {
  int compared = 0;
  for (const ReplicaFailure& failure : failures) {
    const std::int64_t step = failure.failure.step;
    CAPTURE(failure.replica, step);
    REQUIRE(failure.last_good.size() ==
            static_cast<std::size_t>(std::min(step, ReplicaFailure::kLastGood)));
    std::int64_t expected = step - static_cast<std::int64_t>(failure.last_good.size());
    for (const ReplicaFailure::GoodStep& good : failure.last_good) {
      REQUIRE(good.state.step == expected);
      const Recorder::Step& its =
          unlimited.of_replica.at(failure.replica)[static_cast<std::size_t>(expected)];
      REQUIRE(good.state.positions == its.positions);
      REQUIRE(good.state.velocities == its.velocities);
      ++expected;
      ++compared;
    }
  }
  return compared;
}

}  // namespace

// fault: a replica is stopped soon after a checkpoint, in pieces of a run of any length | the last
// ten good steps lead across, with the same bits
TEST_CASE("the last good steps lead across the pieces of a run") {
  const AnalyticPotential potential(morse(4.6, 2.2, 1.0));
  const std::vector<Structure> structures = {strained()};
  Recorder unlimited;
  Simulation(potential, structures, langevin({600.0})).run(unlimited);
  int compared = 0;
  for (const double limit : {4.0, 5.0, 6.0, 7.0, 8.0}) {
    const std::vector<std::int64_t> expected = first_above(unlimited, limit);
    for (const int threads : {1, 3}) {
      SimulationOptions options = langevin({600.0});
      options.limits.force = limit;
      options.threads = threads;
      const std::atomic<bool> stop{true};
      options.stop = &stop;  // after each round, the first of which is one step
      Simulation simulation(potential, structures, options);
      Recorder recorder;
      std::vector<ReplicaFailure> failures;
      for (int piece = 0; piece < kSteps; ++piece) {
        const SimulationResult result = simulation.run(recorder);
        failures.insert(failures.end(), result.failures.begin(), result.failures.end());
      }
      for (const ReplicaFailure& failure : failures) {
        REQUIRE(failure.failure.step == expected[static_cast<std::size_t>(failure.replica)]);
      }
      const auto stopped = std::count_if(expected.begin(), expected.end(),
                                         [](std::int64_t step) { return step <= kSteps; });
      REQUIRE(static_cast<std::int64_t>(failures.size()) == stopped);
      for (const ReplicaState& state : simulation.states()) {
        const auto& its = unlimited.of_replica.at(state.replica);
        REQUIRE(state.positions == its[static_cast<std::size_t>(state.step)].positions);
      }
      compared += expect_last_good(failures, unlimited);
    }
  }
  REQUIRE(compared > 100);
}

// fault: a replica is stopped soon after an exchange of temperatures | the last ten good steps lead
// across it, with the same bits
TEST_CASE("the last good steps lead across exchanges") {
  const AnalyticPotential potential(morse(4.6, 2.2, 1.0));
  Structure relaxed = strained();  // it takes its time to get to large forces
  relaxed.positions = kBent;
  const std::vector<Structure> structures = {relaxed};
  const std::vector<double> ladder = {800.0, 830.0, 860.0, 890.0};
  for (const std::int64_t every : {1, 3, 25}) {
    int compared = 0, late = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const auto run = [&](double limit, Recorder& recorder) {
        SimulationOptions options = langevin(ladder);
        options.seeds = {seed};
        options.limits.force = limit;
        std::vector<ReplicaTrail> trails;
        options.trails = &trails;
        ReplicaExchange exchange(
            {.every = every, .steps = kSteps, .seed = seed, .ladder = ladder, .log = {}},
            [&](std::int64_t last,
                std::vector<ReplicaState> states) -> std::unique_ptr<ReplicaRunner> {
              options.steps = last;
              if (states.empty()) {
                return std::make_unique<Simulation>(potential, structures, options);
              }
              return std::make_unique<Simulation>(potential, structures, options,
                                                  std::move(states));
            });
        SimulationResult result = exchange.run(recorder);
        std::int64_t accepted = 0;
        for (const ExchangeCount& count : exchange.counts()) accepted += count.accepted;
        return std::pair(std::move(result.failures), accepted);
      };
      Recorder unlimited;
      const auto [none, accepted] = run(StepLimits::kNone, unlimited);
      REQUIRE(none.empty());
      REQUIRE(accepted > 0);
      for (const double limit : {3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0}) {
        Recorder recorder;
        const std::vector<ReplicaFailure> failures = run(limit, recorder).first;
        if (failures.empty()) continue;
        // Once a replica has been stopped the others exchange among themselves: the first one to be
        // stopped is comparable.
        CAPTURE(every, seed, limit);
        compared += expect_last_good({failures.front()}, unlimited);
        late += failures.front().failure.step > ReplicaFailure::kLastGood ? 1 : 0;
      }
    }
    CAPTURE(every, compared);
    REQUIRE(late > 5);
  }
}
