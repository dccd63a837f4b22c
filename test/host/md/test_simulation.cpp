// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "host/md/simulation.hpp"
#include "host/units.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/md_fixture.hpp"
#include "weights/error.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

/// Everything a simulation hands out, as bits that can be compared.
struct Recorder : SampleSink {
  struct Sample {
    std::int64_t step = 0;
    int replica = 0;
    bool is_frame = false;
    std::vector<double> values;
    bool operator==(const Sample&) const = default;
  };
  std::vector<Sample> samples;
  std::thread::id thread = std::this_thread::get_id();
  bool same_thread = true;

  void log(const LogRow& r) override {
    same_thread = same_thread && thread == std::this_thread::get_id();
    samples.push_back({r.step,
                       r.replica,
                       false,
                       {r.time, r.potential_energy, r.kinetic_energy, r.total_energy,
                        r.conserved_energy, r.temperature}});
  }
  void frame(const Frame& f) override {
    same_thread = same_thread && thread == std::this_thread::get_id();
    Sample sample{
        f.step, f.replica, true, {f.time, f.potential_energy, f.kinetic_energy, f.temperature}};
    for (const auto& vectors : {f.positions, f.velocities, f.forces}) {
      for (const Vec3& v : vectors) sample.values.insert(sample.values.end(), {v.x, v.y, v.z});
    }
    for (const int number : f.atomic_numbers) sample.values.push_back(number);
    samples.push_back(sample);
  }

  std::vector<Sample> of(int replica) const {
    std::vector<Sample> mine;
    for (const Sample& s : samples) {
      if (s.replica == replica) mine.push_back(s);
    }
    return mine;
  }
};

Structure triangle() {
  Structure s;
  s.atomic_numbers = {8, 1, 1};
  s.positions = kBent;
  s.name = "triangle";
  return s;
}

Structure pair() {
  Structure s;
  s.atomic_numbers = {17, 1};
  s.positions = {{0, 0, 0}, {1.02, 0, 0}};
  s.name = "pair";
  return s;
}

const std::vector<Structure> kStructures = {triangle(), pair()};

EnergyFunction bonds() { return morse(4.6, 2.2, 1.0); }

SimulationOptions seven(Ensemble ensemble) {
  SimulationOptions o;
  o.ensemble = ensemble;
  o.steps = 130;
  o.log_every = 10;
  o.frame_every = 25;
  o.replicas = 7;
  o.temperatures = temperature_ramp(200.0, 800.0, 7);
  o.seeds = {11};
  return o;
}

Recorder run(const SimulationOptions& options, const EnergyFunction& energy = bonds()) {
  const AnalyticPotential potential(energy);
  Simulation simulation(potential, kStructures, options);
  Recorder recorder;
  const SimulationResult result = simulation.run(recorder);
  REQUIRE(result.step == options.steps);
  REQUIRE(result.failures.empty());
  REQUIRE_FALSE(result.stopped);
  REQUIRE(result.replica_steps == options.steps * options.replicas);
  return recorder;
}

/// The text of the InputError that `make` throws.
template <class Make>
std::string refusal(const Make& make) {
  try {
    make();
  } catch (const InputError& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace

TEST_CASE("frames carry the masses of a structure that brings its own, and only those") {
  struct MassRecorder : SampleSink {
    std::vector<std::vector<double>> masses;
    void log(const LogRow&) override {}
    void frame(const Frame& f) override { masses.emplace_back(f.masses.begin(), f.masses.end()); }
  };
  Structure heavy = triangle();
  heavy.masses = {15.999, 2.014, 2.014};
  const std::vector<Structure> structures = {triangle(), heavy};
  SimulationOptions options;
  options.steps = 1;
  options.frame_every = 1;
  options.replicas = 2;
  const AnalyticPotential potential(bonds());
  Simulation simulation(potential, structures, options);
  MassRecorder recorder;
  simulation.run(recorder);
  REQUIRE(recorder.masses == std::vector<std::vector<double>>{{}, heavy.masses, {}, heavy.masses});
}

TEST_CASE("samples come ordered by step, then replica, all of them, from the calling thread") {
  for (const int threads : {1, 3}) {
    SimulationOptions options = seven(Ensemble::nve);
    options.threads = threads;
    const Recorder recorder = run(options);
    REQUIRE(recorder.same_thread);
    std::size_t k = 0;
    for (std::int64_t step = 0; step <= 130; ++step) {
      for (int replica = 0; replica < 7; ++replica) {
        for (const bool frame : {false, true}) {
          if (step % (frame ? 25 : 10) != 0) continue;
          REQUIRE(k < recorder.samples.size());
          REQUIRE(recorder.samples[k].step == step);
          REQUIRE(recorder.samples[k].replica == replica);
          REQUIRE(recorder.samples[k].is_frame == frame);
          REQUIRE(recorder.samples[k].values[0] == static_cast<double>(step) * 0.5);
          ++k;
        }
      }
    }
    REQUIRE(k == recorder.samples.size());
  }
}

TEST_CASE("bits do not depend on threads, batch, slot or on where a run is cut") {
  for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
    const SimulationOptions options = seven(ensemble);
    const Recorder all = run(options);
    REQUIRE(all.samples.size() == 7 * (14 + 6));

    for (const int threads : {2, 3, 16}) {
      SimulationOptions threaded = options;
      threaded.threads = threads;
      REQUIRE(run(threaded).samples == all.samples);
    }
    // Alone, and in batches where it has another slot and other neighbours.
    for (const auto& [first, count] : {std::pair{4, 1}, {4, 3}, {2, 4}, {0, 1}, {6, 1}}) {
      SimulationOptions part = options;
      part.first_replica = first;
      part.replicas = count;
      part.temperatures.assign(options.temperatures.begin() + first,
                               options.temperatures.begin() + first + count);
      const Recorder some = run(part);
      for (int replica = first; replica < first + count; ++replica) {
        REQUIRE(some.of(replica) == all.of(replica));
      }
    }
    // Cut at steps on and off the sample grid, the states carried over as values.
    const AnalyticPotential potential(bonds());
    Recorder pieces;
    std::vector<ReplicaState> states;
    for (const std::int64_t end : {0, 1, 50, 77, 77, 130}) {
      SimulationOptions piece = options;
      piece.steps = end;
      piece.threads = 1 + static_cast<int>(end) % 2;
      if (states.empty()) {
        Simulation simulation(potential, kStructures, piece);
        simulation.run(pieces);
        states.assign(simulation.states().begin(), simulation.states().end());
      } else {
        Simulation simulation(potential, kStructures, piece, states);
        simulation.run(pieces);
        states.assign(simulation.states().begin(), simulation.states().end());
      }
    }
    REQUIRE(pieces.samples == all.samples);
  }
}

TEST_CASE("structures, temperatures and seeds belong to the global replica number") {
  const Recorder recorder = run(seven(Ensemble::nve));
  for (int replica = 0; replica < 7; ++replica) {
    const auto samples = recorder.of(replica);
    const double temperature = samples[0].values[5];
    require_close(temperature, 200.0 + 100.0 * replica,
                  {.relative = 1e-13, .why = "velocities are scaled to it: rounding"});
    REQUIRE(samples[1].is_frame);
    REQUIRE(samples[1].values.size() == (replica % 2 == 0 ? 4 + 27 + 3 : 4 + 18 + 2));
  }
  SimulationOptions options = seven(Ensemble::nve);
  options.seeds = {1, 2, 3, 4, 11, 5, 6};
  const Recorder other = run(options);
  REQUIRE(other.of(4) == recorder.of(4));
  REQUIRE(other.of(3) != recorder.of(3));
}

TEST_CASE("given velocities start a run unchanged unless they are declined") {
  Structure structure = triangle();
  structure.velocities = {{0.01, 0.0, 0.0}, {0.0, 0.02, 0.0}, {0.0, 0.0, 0.03}};
  const AnalyticPotential potential(bonds());
  SimulationOptions options;
  Simulation given(potential, std::vector{structure}, options);
  REQUIRE(given.states()[0].velocities == *structure.velocities);
  options.use_given_velocities = false;
  Simulation drawn(potential, std::vector{structure}, options);
  REQUIRE(drawn.states()[0].velocities != *structure.velocities);
}

TEST_CASE("evaluators belong to threads and lists of atoms, not to replicas") {
  const AnalyticPotential potential(bonds());
  SimulationOptions options;
  options.replicas = 2000;
  options.steps = 3;
  options.log_every = 0;
  options.threads = 3;
  Simulation simulation(potential, kStructures, options);
  Recorder recorder;
  const SimulationResult result = simulation.run(recorder);
  REQUIRE(result.replica_steps == 6000);
  REQUIRE(recorder.samples.empty());
  REQUIRE(potential.evaluators_made() >= 2);
  REQUIRE(potential.evaluators_made() <= 3 * 2);
}

// fault: an energy or a force of a replica is no longer finite | it is stopped at that step and
// stays at its last good one; the others keep their bits
TEST_CASE("a replica that breaks is stopped alone and reported; the others keep their bits") {
  // The odd replicas (the pair) fly apart beyond 30 Angstrom when pushed; the potential breaks
  // there.
  Structure fast = pair();
  fast.velocities = {{0.0, 0.0, 0.0}, {0.9, 0.0, 0.0}};
  const std::vector<Structure> structures = {triangle(), fast};
  SimulationOptions options = seven(Ensemble::nve);
  options.temperature_limit = 1e6;
  const AnalyticPotential sound(bonds());
  Simulation whole(sound, structures, options);
  Recorder expected;
  REQUIRE(whole.run(expected).failures.empty());

  for (const bool only_force : {false, true}) {
    const AnalyticPotential broken(broken_outside(30.0, bonds(), only_force));
    for (const int threads : {1, 3}) {
      options.threads = threads;
      Simulation simulation(broken, structures, options);
      Recorder recorder;
      const SimulationResult result = simulation.run(recorder);
      REQUIRE(result.step == 130);
      REQUIRE_FALSE(result.stopped);
      REQUIRE(result.failures.size() == 3);
      for (std::size_t k = 0; k < 3; ++k) {
        const ReplicaFailure& failure = result.failures[k];
        REQUIRE(failure.replica == 2 * static_cast<int>(k) + 1);
        REQUIRE(failure.failure.step > 20);
        REQUIRE(failure.failure.step < 130);
        REQUIRE(std::isnan(failure.failure.value));
        if (only_force) {
          REQUIRE(failure.failure.quantity == StepFailure::Quantity::force);
          REQUIRE(failure.failure.atom == 1);
        } else {
          REQUIRE(failure.failure.quantity == StepFailure::Quantity::energy);
          REQUIRE(failure.failure.atom == -1);
        }
        // The state is that of the last good step.
        const ReplicaState& state = simulation.states()[static_cast<std::size_t>(failure.replica)];
        REQUIRE(state.failed);
        REQUIRE(state.step == failure.failure.step - 1);
        REQUIRE(norm(state.positions[1]) <= 30.0);
        REQUIRE(norm(state.positions[1] + 0.5 * state.velocities[1]) > 30.0);
        REQUIRE(std::isfinite(state.total_energy()));
        // Its samples before are the sound run's, and end there.
        const auto mine = recorder.of(failure.replica), sound_ones = expected.of(failure.replica);
        REQUIRE(mine.size() < sound_ones.size());
        REQUIRE(mine.back().step < failure.failure.step);
        REQUIRE(sound_ones[mine.size()].step >= failure.failure.step);
        REQUIRE(std::equal(mine.begin(), mine.end(), sound_ones.begin()));
      }
      for (const int replica : {0, 2, 4, 6}) REQUIRE(recorder.of(replica) == expected.of(replica));
    }
  }
}

// fault: a replica hotter than --temperature-limit | it is stopped at that step; its temperature
// and fastest atom are told
TEST_CASE("a replica that gets too hot is stopped, with its fastest atom and temperature") {
  Structure squeezed = pair();
  squeezed.positions[1].x = 0.3;
  const AnalyticPotential potential(bonds());
  SimulationOptions options;
  options.steps = 100;
  options.temperature_limit = 20'000.0;
  Simulation simulation(potential, std::vector{squeezed}, options);
  Recorder recorder;
  const SimulationResult result = simulation.run(recorder);
  REQUIRE(result.failures.size() == 1);
  REQUIRE(result.failures[0].failure.quantity == StepFailure::Quantity::temperature);
  REQUIRE(result.failures[0].failure.atom == 1);  // hydrogen
  REQUIRE(result.failures[0].failure.value > 20'000.0);
  REQUIRE(result.step == result.failures[0].failure.step - 1);
  REQUIRE_FALSE(result.stopped);  // nobody asked for it
}

// fault: energies or forces of the start are not finite | the replica is stopped at step 0 and
// gives no sample
TEST_CASE("a start that is already broken fails at step 0 and gives no sample") {
  const AnalyticPotential potential(broken_outside(0.0, bonds()));
  SimulationOptions options = seven(Ensemble::csvr);
  Simulation simulation(potential, kStructures, options);
  Recorder recorder;
  const SimulationResult result = simulation.run(recorder);
  REQUIRE(result.failures.size() == 7);
  for (const ReplicaFailure& failure : result.failures) REQUIRE(failure.failure.step == 0);
  REQUIRE(recorder.samples.empty());
}

TEST_CASE("failures do not come back when a run goes on") {
  Structure fast = pair();
  fast.velocities = {{0.0, 0.0, 0.0}, {0.9, 0.0, 0.0}};
  const std::vector<Structure> structures = {triangle(), fast};
  const AnalyticPotential potential(broken_outside(30.0, bonds()));
  SimulationOptions options = seven(Ensemble::nve);
  options.temperature_limit = 1e6;
  Simulation first(potential, structures, options);
  Recorder recorder;
  first.run(recorder);
  options.steps = 200;
  Simulation second(potential, structures, options, {first.states().begin(), first.states().end()});
  Recorder more;
  const SimulationResult result = second.run(more);
  REQUIRE(result.failures.empty());
  REQUIRE(result.step == 200);
  REQUIRE(more.of(1).empty());
  REQUIRE(more.of(0).front().step == 140);
}

TEST_CASE("a stop request ends every replica at one step, and the run can go on to the same bits") {
  SimulationOptions options = seven(Ensemble::langevin);
  options.steps = 300'000;
  options.log_every = 1000;
  options.frame_every = 0;
  for (const int threads : {1, 2}) {
    std::atomic<bool> stop = false;
    options.threads = threads;
    options.stop = &stop;
    int calls = 0;
    std::chrono::steady_clock::time_point last{};
    double shortest = 1e9;
    options.progress = [&](const Progress& p) {
      ++calls;
      const auto now = std::chrono::steady_clock::now();
      if (!stop) shortest = std::min(shortest, std::chrono::duration<double>(now - last).count());
      last = now;
      REQUIRE(p.replica_steps_total == 7 * 300'000);
      REQUIRE(p.replica_steps <= p.replica_steps_total);
      if (p.replica_steps > 0) REQUIRE(p.rate > 0.0);
      if (calls == 2) stop = true;
    };
    const AnalyticPotential potential(bonds());
    Recorder recorder;
    Simulation simulation(potential, kStructures, options);
    const SimulationResult result = simulation.run(recorder);
    REQUIRE(result.stopped);
    REQUIRE(result.step < 300'000);
    REQUIRE(shortest >= 0.1);
    REQUIRE(result.replica_steps == 7 * result.step);
    REQUIRE(recorder.samples.size() == 7 * static_cast<std::size_t>(result.step / 1000 + 1));
    for (const ReplicaState& state : simulation.states()) REQUIRE(state.step == result.step);

    // To the next sample but one, in one go and from where it was stopped.
    SimulationOptions rest = options;
    rest.stop = nullptr;
    rest.progress = nullptr;
    rest.steps = (result.step / 1000 + 2) * 1000;
    Simulation going_on(potential, kStructures, rest,
                        {simulation.states().begin(), simulation.states().end()});
    going_on.run(recorder);
    REQUIRE(run(rest).samples == recorder.samples);
  }
}

TEST_CASE("a sink or an evaluator that throws ends the run with its exception") {
  struct Full : SampleSink {
    void log(const LogRow& row) override {
      if (row.step == 50) throw OutputError("no space");
    }
    void frame(const Frame&) override {}
  };
  for (const int threads : {1, 3}) {
    SimulationOptions options = seven(Ensemble::nve);
    options.threads = threads;
    const AnalyticPotential sound(bonds());
    Simulation simulation(sound, kStructures, options);
    Full full;
    REQUIRE_THROWS_AS(simulation.run(full), OutputError);

    std::atomic<int> calls = 0;
    const AnalyticPotential throwing([&](std::span<const Vec3>, std::span<Vec3>) -> double {
      if (++calls > 100) throw std::runtime_error("evaluator");
      return 0.0;
    });
    Simulation other(throwing, kStructures, options);
    Recorder recorder;
    REQUIRE_THROWS_WITH(other.run(recorder), "evaluator");
  }
}

TEST_CASE("no steps give the start's sample; no samples give none") {
  SimulationOptions options = seven(Ensemble::nve);
  options.steps = 0;
  REQUIRE(run(options).samples.size() == 14);
  options.log_every = options.frame_every = 0;
  REQUIRE(run(options).samples.empty());
}

TEST_CASE("a summary has the drift and the temperature") {
  SimulationOptions options = seven(Ensemble::csvr);
  options.steps = 20'000;
  options.timestep = 0.25;
  options.temperatures = {400.0};
  options.csvr_time = 20.0;
  const AnalyticPotential potential(bonds());
  Simulation simulation(potential, std::vector{triangle()}, options);
  Recorder recorder;
  const EnergySummary energies = simulation.run(recorder).energies;
  REQUIRE(energies.samples == 7 * 2001);
  // 7 replicas of 5 ps: 35 ps / (2 * 20 fs) independent temperatures of sd 400 sqrt(2/3) = 327
  // K.
  require_close(energies.mean_temperature, 400.0, {.absolute = 40.0, .why = "3.3 sigma of 12 K"});
  require_close(energies.sd_temperature, 327.0, {.relative = 0.2, .why = "as above"});
  REQUIRE(energies.fluctuation > 0.0);
  REQUIRE(energies.fluctuation < 2.0);
  REQUIRE(std::abs(energies.drift) < 0.2);
  REQUIRE(energies.drift_error < 0.1);
}

TEST_CASE("options and structures out of range are refused by name") {
  const AnalyticPotential potential(bonds());
  const auto with = [&](const auto& change) {
    return refusal([&] {
      SimulationOptions options = seven(Ensemble::nve);
      change(options);
      Simulation(potential, kStructures, options);
    });
  };
  const double nan = std::nan("");
  using O = SimulationOptions;
  REQUIRE(with([](O&) {}) == "not refused");
  REQUIRE(
      with([](O& o) { o.timestep = 0.0; }) ==
      "'timestep': out of range\n  expected: a finite number greater than 0 (fs)\n  found:    0");
  for (const double bad : {-1.0, nan, std::numeric_limits<double>::infinity()}) {
    REQUIRE(with([&](O& o) { o.timestep = bad; }).find("'timestep'") == 0);
    REQUIRE(with([&](O& o) { o.csvr_time = bad; }).find("'csvr_time'") == 0);
    REQUIRE(with([&](O& o) { o.friction = bad; }).find("'friction'") == 0);
    REQUIRE(with([&](O& o) { o.temperatures[3] = bad; }).find("'temperature'") == 0);
    REQUIRE(with([&](O& o) { o.temperature_limit = bad; }).find("'temperature_limit'") == 0);
  }
  REQUIRE(with([](O& o) { o.steps = -1; }).find("'steps'") == 0);
  REQUIRE(with([](O& o) { o.steps = std::int64_t{1} << 48; }).find("'steps'") == 0);
  REQUIRE(with([](O& o) { o.log_every = -1; }).find("'log_every'") == 0);
  REQUIRE(with([](O& o) { o.frame_every = -1; }).find("'frame_every'") == 0);
  REQUIRE(with([](O& o) { o.replicas = 0; }).find("'replicas'") == 0);
  REQUIRE(with([](O& o) { o.replicas = 100'001; }).find("'replicas'") == 0);
  REQUIRE(with([](O& o) { o.threads = 0; }).find("'threads'") == 0);
  REQUIRE(with([](O& o) { o.seeds = {1, 2}; }).find("'seed'") == 0);
  REQUIRE(with([](O& o) { o.temperatures = {1.0, 2.0}; }).find("'temperature'") == 0);

  const auto structure = [&](const auto& change) {
    return refusal([&] {
      Structure s = triangle();
      change(s);
      Simulation(potential, std::vector{s}, SimulationOptions{});
    });
  };
  REQUIRE(structure([](Structure&) {}) == "not refused");
  REQUIRE(structure([](Structure& s) { s = {}; }).find("no atoms") == 0);
  const auto names = [&](const std::string& key, const std::string& atom, const auto& change) {
    const std::string message = structure(change);
    INFO(message);
    return message.find("triangle") == 0 && message.find("'" + key + "'") != std::string::npos &&
           message.find(atom) != std::string::npos;
  };
  REQUIRE(names("positions", "atom 2", [&](Structure& s) { s.positions[1].y = nan; }));
  REQUIRE(names("velocities", "atom 3", [&](Structure& s) {
    s.velocities = std::vector<Vec3>{{}, {}, {0.0, nan, 0.0}};
  }));
  REQUIRE(names("masses", "2", [](Structure& s) { s.masses = {1.0, 2.0}; }));
  REQUIRE(names("masses", "atom 3", [](Structure& s) { s.masses = {1.0, 2.0, 0.0}; }));
  REQUIRE(names("atomic_numbers", "atom 1", [](Structure& s) { s.atomic_numbers[0] = 0; }));
  REQUIRE(refusal([&] { Simulation(potential, {}, SimulationOptions{}); }).find("'input'") == 0);

  // Saved states that do not belong to the run.
  SimulationOptions options = seven(Ensemble::nve);
  Simulation simulation(potential, kStructures, options);
  const std::vector<ReplicaState> states(simulation.states().begin(), simulation.states().end());
  const auto resumed = [&](const auto& change) {
    return refusal([&] {
      std::vector<ReplicaState> edited = states;
      change(edited);
      Simulation(potential, kStructures, options, edited);
    });
  };
  using States = std::vector<ReplicaState>;
  REQUIRE(resumed([](States&) {}) == "not refused");
  REQUIRE(resumed([](States& s) { s.pop_back(); }).find("'replicas'") == 0);
  REQUIRE(resumed([](States& s) { std::swap(s[0], s[2]); }).find("'replica 2'") == 0);
  REQUIRE(resumed([](States& s) { s[4].positions.pop_back(); }).find("'replica 4'") == 0);
  REQUIRE(resumed([](States& s) { s[5].step = 3; }) ==
          "'replica 5': saved states are not at one step");
}

TEST_CASE("many more threads than the machine has cores get along") {
  SimulationOptions options = seven(Ensemble::csvr);
  options.replicas = 97;
  options.temperatures = {300.0};
  options.steps = 400;
  options.log_every = 1;
  const Recorder one = run(options);
  options.threads = 13;
  REQUIRE(run(options).samples == one.samples);
}
