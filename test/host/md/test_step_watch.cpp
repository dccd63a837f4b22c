// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/md/simulation.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/md_fixture.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

struct Step {
  std::int64_t step = 0;
  std::vector<Vec3> positions, forces;
  double total_energy = 0.0;
};

/// Every step of replica 0.
struct Recorder : SampleSink {
  std::vector<Step> steps;
  void log(const LogRow&) override {}
  void frame(const Frame& f) override {
    if (f.replica != 0) return;
    steps.push_back({f.step,
                     {f.positions.begin(), f.positions.end()},
                     {f.forces.begin(), f.forces.end()},
                     f.potential_energy + f.kinetic_energy});
  }
};

/// A strained triangle: its bonds swing and its forces rise and fall.
Structure strained() {
  Structure s;
  s.atomic_numbers = {8, 1, 1};
  s.positions = kBent;
  s.positions[1].x = 1.15;
  s.name = "strained";
  return s;
}

EnergyFunction bonds() { return morse(4.6, 2.2, 1.0); }

SimulationOptions every_step(std::int64_t steps) {
  SimulationOptions options;
  options.steps = steps;
  options.log_every = 0;
  options.frame_every = 1;
  options.replicas = 3;
  options.temperatures = {900.0};
  return options;
}

std::vector<Step> unlimited(std::int64_t steps) {
  const AnalyticPotential potential(bonds());
  Simulation simulation(potential, std::vector{strained()}, every_step(steps));
  Recorder recorder;
  simulation.run(recorder);
  return recorder.steps;
}

/// Runs with limits and expects that replica 0 is stopped at the first step after the start for
/// which `crosses` holds in the unlimited run, however the run is cut and dealt to threads.
ReplicaFailure expect_stop(const SimulationOptions& limited,
                           const std::function<bool(const Step&)>& crosses) {
  const std::vector<Step> steps = unlimited(limited.steps);
  const auto first = std::find_if(steps.begin() + 1, steps.end(), crosses);
  REQUIRE(first != steps.end());
  REQUIRE(first->step > 3);
  const AnalyticPotential potential(bonds());
  ReplicaFailure failure;
  for (const int threads : {1, 3}) {
    for (const int frames : {1, 7}) {
      SimulationOptions options = limited;
      options.threads = threads;
      options.frame_every = frames;
      Simulation simulation(potential, std::vector{strained()}, options);
      Recorder recorder;
      const SimulationResult result = simulation.run(recorder);
      REQUIRE_FALSE(result.failures.empty());
      const auto mine = std::find_if(result.failures.begin(), result.failures.end(),
                                     [](const ReplicaFailure& f) { return f.replica == 0; });
      REQUIRE(mine != result.failures.end());
      REQUIRE(mine->failure.step == first->step);
      const ReplicaState& state = simulation.states()[0];
      REQUIRE(state.failed);
      REQUIRE(state.step == first->step - 1);
      REQUIRE(state.positions == steps[static_cast<std::size_t>(state.step)].positions);

      // The last good steps are those of the unlimited run, one by one up to the failure.
      REQUIRE(mine->last_good.size() ==
              static_cast<std::size_t>(std::min<std::int64_t>(10, first->step)));
      std::int64_t step = state.step;
      for (auto good = mine->last_good.rbegin(); good != mine->last_good.rend(); ++good, --step) {
        REQUIRE(good->state.step == step);
        REQUIRE(good->state.positions == steps[static_cast<std::size_t>(step)].positions);
      }
      failure = *mine;
    }
  }
  return failure;
}

}  // namespace

// fault: a force above --force-limit | the replica alone is stopped at that step, its last good
// steps are kept
TEST_CASE("a force above the limit stops the replica at the first step that has one") {
  double largest = 0.0;
  const auto largest_force = [](const Step& step) {
    double most = 0.0;
    for (const Vec3& f : step.forces) most = std::max(most, norm(f));
    return most;
  };
  for (const Step& step : unlimited(300)) largest = std::max(largest, largest_force(step));
  SimulationOptions options = every_step(300);
  options.limits.force = 0.97 * largest;
  const ReplicaFailure failure =
      expect_stop(options, [&](const Step& step) { return largest_force(step) > 0.97 * largest; });
  REQUIRE(failure.failure.quantity == StepFailure::Quantity::large_force);
  REQUIRE(failure.failure.value > 0.97 * largest);
  REQUIRE(failure.failure.atom >= 0);
}

// fault: a bond of the start longer than --bond-limit | the replica alone is stopped, both atoms
// are named
TEST_CASE("a bond that gets too long stops the replica") {
  const auto longest = [](const Step& step) {
    return std::max(norm(step.positions[0] - step.positions[1]),
                    norm(step.positions[0] - step.positions[2]));
  };
  double most = 0.0;
  for (const Step& step : unlimited(300)) most = std::max(most, longest(step));
  SimulationOptions options = every_step(300);
  // O-H: radii of 0.66 and 0.31 Angstrom. H-H, 1 Angstrom apart, is no bond.
  options.limits.bond = 0.99 * most / 0.97;
  const ReplicaFailure failure =
      expect_stop(options, [&](const Step& step) { return longest(step) > 0.99 * most; });
  REQUIRE(failure.failure.quantity == StepFailure::Quantity::bond);
  REQUIRE(failure.failure.atom == 0);
  REQUIRE(failure.failure.other_atom > 0);
}

// fault: the conserved energy jumps by more than --energy-jump-limit in a step | the replica
// alone is stopped
TEST_CASE("a jump of the conserved energy stops the replica; heat of a thermostat is none") {
  const std::vector<Step> steps = unlimited(300);
  const auto jump = [&](const Step& step) {
    const double before = steps[static_cast<std::size_t>(step.step) - 1].total_energy;
    return std::abs(step.total_energy - before) / 3.0;
  };
  double most = 0.0;
  for (std::size_t k = 1; k < steps.size(); ++k) most = std::max(most, jump(steps[k]));
  SimulationOptions options = every_step(300);
  options.limits.energy_jump = 0.95 * most;
  const ReplicaFailure failure =
      expect_stop(options, [&](const Step& step) { return jump(step) > 0.95 * most; });
  REQUIRE(failure.failure.quantity == StepFailure::Quantity::energy_jump);
  REQUIRE(failure.failure.value > 0.95 * most);

  // Strong friction changes the total energy by far more in a step than this limit.
  for (const Ensemble ensemble : {Ensemble::langevin, Ensemble::csvr}) {
    options.ensemble = ensemble;
    options.friction = 0.5;
    options.csvr_time = 2.0;
    options.limits.energy_jump = 10.0 * most;
    const AnalyticPotential potential(bonds());
    Simulation simulation(potential, std::vector{strained()}, options);
    Recorder recorder;
    REQUIRE(simulation.run(recorder).failures.empty());
    double change = 0.0;
    for (std::size_t k = 1; k < recorder.steps.size(); ++k) {
      change = std::max(
          change,
          std::abs(recorder.steps[k].total_energy - recorder.steps[k - 1].total_energy) / 3.0);
    }
    REQUIRE(change > 10.0 * most);
  }
}

// fault: atoms nearer than in the training data | counted for each pair of elements and warned of
// once; --outside-training stop stops the replica
TEST_CASE("pairs nearer than in training are counted by element pair, or stop the replica") {
  const std::vector<Step> steps = unlimited(1000);
  const auto nearest_bond = [](const Step& step) {
    return std::min(norm(step.positions[0] - step.positions[1]),
                    norm(step.positions[0] - step.positions[2]));
  };
  std::vector<double> looked;
  for (const Step& step : steps) {
    if (step.step > 0 && step.step % 10 == 0) looked.push_back(nearest_bond(step));
  }
  std::sort(looked.begin(), looked.end());
  const std::size_t tenth = looked.size() / 10;  // of the looks is below
  const double limit = 0.5 * (looked[tenth - 1] + looked[tenth]);
  SimulationOptions options = every_step(1000);
  options.closest_pairs = {{1, 1, 0.0}, {1, 6, 50.0}, {1, 8, limit}};
  options.outside_training = OutsideTraining::count;
  const auto states_with = [&](int threads, std::vector<std::int64_t> cuts) {
    options.threads = threads;
    const AnalyticPotential potential(bonds());
    std::vector<ReplicaState> states;
    cuts.push_back(1000);
    for (const std::int64_t cut : cuts) {
      options.steps = cut;
      Recorder recorder;
      if (states.empty()) {
        Simulation simulation(potential, std::vector{strained()}, options);
        REQUIRE(simulation.run(recorder).failures.empty());
        states.assign(simulation.states().begin(), simulation.states().end());
      } else {
        Simulation simulation(potential, std::vector{strained()}, options, states);
        REQUIRE(simulation.run(recorder).failures.empty());
        states.assign(simulation.states().begin(), simulation.states().end());
      }
    }
    return states;
  };
  const std::vector<ReplicaState> states = states_with(1, {});
  REQUIRE(states == states_with(3, {3, 77, 500}));
  REQUIRE(states[0].approaches.size() == 1);
  const CloseApproach& approach = states[0].approaches[0];
  REQUIRE(approach.z_a == 1);
  REQUIRE(approach.z_b == 8);
  const auto below = std::lower_bound(looked.begin(), looked.end(), limit) - looked.begin();
  REQUIRE(approach.looks == below);
  REQUIRE(approach.closest == looked.front());
  const auto first = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return step.step > 0 && step.step % 10 == 0 && nearest_bond(step) < limit;
  });
  REQUIRE(approach.first_step == first->step);

  options.steps = 1000;
  options.outside_training = OutsideTraining::stop;
  const ReplicaFailure failure = expect_stop(
      options, [&](const Step& step) { return step.step % 10 == 0 && nearest_bond(step) < limit; });
  REQUIRE(failure.failure.quantity == StepFailure::Quantity::outside_training);
  REQUIRE(failure.failure.value < limit);
}
