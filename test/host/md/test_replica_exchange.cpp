// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/md/replica_exchange.hpp"
#include "host/md/simulation.hpp"
#include "host/units.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "weights/error.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

// U(x) = B (x^2 - 1)^2 + c x for one atom, harmonic in y and z: two wells near x = -1 and x = 1,
// the right one higher by about 2 c. The barrier is 12 kT at the coldest temperature.
constexpr double kBarrier = 0.25, kTilt = 0.02, kStiffness = 1.0;  // eV, Angstrom

double well(double x) { return kBarrier * (x * x - 1.0) * (x * x - 1.0) + kTilt * x; }

EnergyFunction tilted_wells() {
  return [](std::span<const Vec3> r, std::span<Vec3> f) {
    const auto [x, y, z] = r[0];
    f[0] = {-4.0 * kBarrier * x * (x * x - 1.0) - kTilt, -kStiffness * y, -kStiffness * z};
    return well(x) + 0.5 * kStiffness * (y * y + z * z);
  };
}

/// Share of x > 0 by quadrature: the exact answer.
double exact_share(double temperature) {
  const double kT = units::kBoltzmann * temperature;
  double right = 0.0, all = 0.0;
  constexpr int n = 200'000;
  for (int k = 0; k < n; ++k) {
    const double x = -3.0 + 6.0 * (k + 0.5) / n;
    const double weight = std::exp(-well(x) / kT);
    all += weight;
    if (x > 0.0) right += weight;
  }
  return right / all;
}

struct NoSink : SampleSink {
  void log(const LogRow&) override {}
  void frame(const Frame&) override {}
};

const std::vector<double> kLadder = {240.0, 330.0, 450.0, 620.0, 860.0, 1200.0};

/// Everything a run of exchanges needs, all replicas starting in the higher well.
struct Setup {
  AnalyticPotential potential{tilted_wells()};
  Structure start;
  SimulationOptions options;
  ReplicaExchange::Options exchange;
  std::vector<ExchangeRow> rows;

  Setup(std::int64_t steps, std::int64_t every, std::vector<double> ladder = kLadder) {
    start.atomic_numbers = {1};
    start.positions = {{1.0, 0.0, 0.0}};
    options.ensemble = Ensemble::langevin;
    options.timestep = 1.0;
    options.friction = 0.05;
    options.log_every = 0;
    options.replicas = static_cast<std::int32_t>(ladder.size());
    options.temperatures = ladder;
    options.seeds = {17};
    exchange = {.every = every, .steps = steps, .seed = 17, .ladder = ladder};
    exchange.log = [this](std::span<const ExchangeRow> more) {
      rows.insert(rows.end(), more.begin(), more.end());
    };
  }

  ReplicaExchange::MakeRunner maker() {
    return [this](std::int64_t last,
                  std::vector<ReplicaState> states) -> std::unique_ptr<ReplicaRunner> {
      options.steps = last;
      const std::vector<Structure> structures = {start};
      if (states.empty()) return std::make_unique<Simulation>(potential, structures, options);
      return std::make_unique<Simulation>(potential, structures, options, std::move(states));
    };
  }
};

/// Shares of x > 0 at each temperature, with standard errors from blocks.
struct Shares {
  std::vector<double> mean, error;
};

Shares measure(std::int64_t steps, std::int64_t every, bool exchanging) {
  Setup setup(steps, every);
  constexpr std::size_t kBlocks = 20;
  const std::size_t n = kLadder.size();
  std::vector<std::vector<double>> sums(n, std::vector<double>(kBlocks)), counts = sums;
  // Sampled between exchanges: the states before each attempt, at the temperature they had.
  const auto inner = setup.maker();
  std::int64_t last = 0;
  const ReplicaExchange::MakeRunner spying = [&](std::int64_t until,
                                                 std::vector<ReplicaState> states) {
    for (const ReplicaState& state : states) {
      if (state.step == last) break;
      const auto rung =
          std::lower_bound(kLadder.begin(), kLadder.end(), state.temperature) - kLadder.begin();
      const auto block =
          static_cast<std::size_t>(state.step) * kBlocks / static_cast<std::size_t>(steps + 1);
      sums[static_cast<std::size_t>(rung)][block] += state.positions[0].x > 0.0 ? 1.0 : 0.0;
      counts[static_cast<std::size_t>(rung)][block] += 1.0;
    }
    last = states.empty() ? 0 : states[0].step;
    return inner(until, std::move(states));
  };
  NoSink sink;
  if (exchanging) {
    ReplicaExchange run(setup.exchange, spying);
    REQUIRE(run.run(sink).failures.empty());
    for (const ExchangeCount& count : run.counts()) {
      REQUIRE(count.attempts == steps / every / 2);
      REQUIRE(count.accepted > count.attempts / 5);
      REQUIRE(count.accepted < count.attempts);
    }
  } else {
    std::vector<ReplicaState> states;
    for (std::int64_t step = every; step <= steps; step += every) {
      const auto runner = spying(step, std::move(states));
      runner->run(sink);
      states.assign(runner->states().begin(), runner->states().end());
    }
  }
  Shares shares;
  for (std::size_t rung = 0; rung < n; ++rung) {
    double mean = 0.0, square = 0.0;
    for (std::size_t b = kBlocks / 5; b < kBlocks; ++b) {  // a fifth to forget the start
      const double value = sums[rung][b] / counts[rung][b];
      mean += value;
      square += value * value;
    }
    constexpr double m = kBlocks - kBlocks / 5;
    mean /= m;
    shares.mean.push_back(mean);
    shares.error.push_back(std::sqrt(std::max(0.0, square / m - mean * mean) / (m - 1.0)));
  }
  return shares;
}

std::string refusal(Setup& setup) {
  try {
    ReplicaExchange run(setup.exchange, setup.maker());
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("exchanged replicas populate two wells as Boltzmann says at every temperature") {
  const Shares shares = measure(1'600'000, 100, true);
  for (std::size_t rung = 0; rung < kLadder.size(); ++rung) {
    CAPTURE(kLadder[rung], shares.mean[rung], shares.error[rung], exact_share(kLadder[rung]));
    // Four standard errors of the mean of 16 blocks; the bias of a time step of 1 fs in a well of
    // period 50 fs is far below. The floor is for errors that blocks estimate too small by chance.
    REQUIRE(shares.error[rung] < 0.02);
    REQUIRE(std::abs(shares.mean[rung] - exact_share(kLadder[rung])) <
            4.0 * std::max(shares.error[rung], 0.002));
  }
  // What there is to get right: exact shares from 0.13 at the coldest to 0.4 at the hottest.
  REQUIRE(exact_share(kLadder.front()) < 0.15);
  REQUIRE(exact_share(kLadder.back()) > 0.35);
}

TEST_CASE("without exchanges the coldest replica stays where it began") {
  const Shares shares = measure(400'000, 1000, false);
  REQUIRE(std::abs(shares.mean[0] - exact_share(kLadder[0])) > 0.3);
}

// fault: a run with replica exchange is interrupted | exchanges, walks and counts go on with the
// same bits
TEST_CASE("exchanges are the same bits with any threads and however a run is cut") {
  const auto run_with = [](int threads, std::vector<std::int64_t> cuts) {
    std::vector<ReplicaState> states;
    std::vector<ExchangeCount> counts;
    std::vector<ExchangeRow> rows;
    cuts.push_back(5000);
    NoSink sink;
    for (const std::int64_t cut : cuts) {
      Setup setup(cut, 50);
      setup.options.threads = threads;
      ReplicaExchange run(setup.exchange, setup.maker(), states, counts);
      run.run(sink);
      states.assign(run.states().begin(), run.states().end());
      counts.assign(run.counts().begin(), run.counts().end());
      rows.insert(rows.end(), setup.rows.begin(), setup.rows.end());
    }
    std::vector<double> bits;
    for (const ExchangeRow& row : rows) {
      bits.insert(bits.end(), {static_cast<double>(row.step), static_cast<double>(row.replica),
                               static_cast<double>(row.rung), static_cast<double>(row.partner),
                               row.accepted ? 1.0 : 0.0, row.temperature, row.potential_energy});
    }
    for (const ExchangeCount& count : counts) {
      bits.push_back(static_cast<double>(count.attempts));
      bits.push_back(static_cast<double>(count.accepted));
    }
    return std::pair(states, bits);
  };
  const auto whole = run_with(1, {});
  REQUIRE(whole.second.size() == 100 * 6 * 7 + 10);
  REQUIRE(run_with(3, {}) == whole);
  REQUIRE(run_with(2, {50, 73, 74, 1999, 2000, 2001}) == whole);
  // Every temperature stands exactly once.
  std::vector<double> temperatures;
  for (const ReplicaState& state : whole.first) temperatures.push_back(state.temperature);
  std::sort(temperatures.begin(), temperatures.end());
  REQUIRE(temperatures == kLadder);
}

TEST_CASE("an exchange leaves the conserved energy and keeps each replica's thermal velocities") {
  Setup setup(50, 50, {300.0, 301.0});  // so near that it is accepted
  ReplicaExchange run(setup.exchange, setup.maker());
  NoSink sink;
  run.run(sink);
  REQUIRE(run.counts()[0].accepted == 1);
  setup.options.steps = 50;
  Simulation plain(setup.potential, std::vector{setup.start}, setup.options);
  plain.run(sink);
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const ReplicaState& before = plain.states()[slot];
    const ReplicaState& after = run.states()[slot];
    REQUIRE(after.temperature == 601.0 - before.temperature);
    REQUIRE(after.positions == before.positions);
    const double share = after.temperature / before.temperature;
    REQUIRE(std::abs(after.kinetic_energy / before.kinetic_energy - share) < 1e-14);
    REQUIRE(std::abs(dot(after.velocities[0], after.velocities[0]) /
                         dot(before.velocities[0], before.velocities[0]) -
                     share) < 1e-14);
    REQUIRE(std::abs(after.conserved_energy() - before.conserved_energy()) < 1e-15);
  }
}

TEST_CASE("a replica that was stopped takes no part") {
  Setup setup(400, 50, {300.0, 301.0, 302.0});
  setup.options.limits.energy_jump = StepLimits::kNone;
  std::vector<ReplicaState> states;
  {
    setup.options.steps = 0;
    Simulation start(setup.potential, std::vector{setup.start}, setup.options);
    NoSink sink;
    start.run(sink);
    states.assign(start.states().begin(), start.states().end());
  }
  states[1].failed = true;
  ReplicaExchange run(setup.exchange, setup.maker(), states);
  NoSink sink;
  REQUIRE(run.run(sink).step == 400);
  for (const ExchangeCount& count : run.counts()) REQUIRE(count.attempts == 0);
  REQUIRE(run.states()[1] == states[1]);
}

TEST_CASE("ladders that are none are refused") {
  Setup one(100, 50, {300.0});
  REQUIRE(refusal(one).find("nothing to exchange") != std::string::npos);
  Setup same(100, 50, {300.0, 300.0});
  REQUIRE(refusal(same).find("no ladder of temperatures") != std::string::npos);
  Setup cold(100, 50, {0.0, 300.0});
  REQUIRE(refusal(cold).find("no ladder of temperatures") != std::string::npos);
}
