// SPDX-License-Identifier: MIT
#include "host/md/replica_exchange.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "host/units.hpp"
#include "kernels/random.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

[[noreturn]] void refuse(const char* key, const std::string& problem, const std::string& expected) {
  throw InputError({.key = key, .problem = problem, .expected = expected});
}

/// Gives a replica another temperature.
void move_to(ReplicaState& state, double temperature) {
  const double share = temperature / state.temperature;
  const double scale = std::sqrt(share);
  for (Vec3& v : state.velocities) v *= scale;
  const double before = state.kinetic_energy;
  state.kinetic_energy = share * before;
  state.heat += state.kinetic_energy - before;
  state.temperature = temperature;
}

}  // namespace

ReplicaExchange::ReplicaExchange(Options options,
                                 MakeRunner make,
                                 std::vector<ReplicaState> states,
                                 std::vector<ExchangeCount> counts)
    : options_(std::move(options)),
      make_(std::move(make)),
      ladder_(options_.ladder),
      states_(std::move(states)),
      counts_(std::move(counts)) {
  std::sort(ladder_.begin(), ladder_.end());
  if (options_.every < 1) refuse("exchange-every", "out of range", "1 or more");
  if (ladder_.size() < 2) refuse("replicas", "nothing to exchange", "two or more");
  if (!(ladder_.front() > 0.0) ||
      std::adjacent_find(ladder_.begin(), ladder_.end()) != ladder_.end()) {
    refuse("temperature", "no ladder of temperatures",
           "one for each replica, all different, above 0");
  }
  if (states_.empty()) {
    const std::unique_ptr<ReplicaRunner> start = make_(0, {});
    states_.assign(start->states().begin(), start->states().end());
  }
  counts_.resize(ladder_.size() - 1);
  for (const ReplicaState& state : states_) {
    if (state.positions.size() != states_.front().positions.size()) {
      refuse("input", "replicas of different atoms", "the same atoms in every replica");
    }
  }
}

void ReplicaExchange::exchange(std::int64_t step) {
  const std::size_t n = ladder_.size();
  std::vector<std::size_t> at(n);  // slot of each rung
  std::vector<ExchangeRow> rows(n);
  for (std::size_t slot = 0; slot < n; ++slot) {
    const ReplicaState& state = states_[slot];
    const auto rung = static_cast<std::size_t>(
        std::lower_bound(ladder_.begin(), ladder_.end(), state.temperature) - ladder_.begin());
    at[rung] = slot;
    rows[slot] = {.step = step,
                  .replica = state.replica,
                  .rung = static_cast<std::int32_t>(rung),
                  .potential_energy = state.potential_energy};
  }
  const bool odd = (step / options_.every) % 2 != 0;
  for (std::size_t rung = odd ? 0 : 1; rung + 1 < n; rung += 2) {
    ReplicaState& a = states_[at[rung]];
    ReplicaState& b = states_[at[rung + 1]];
    if (a.failed || b.failed) continue;
    const RandomStream stream{.seed = options_.seed,
                              .replica = static_cast<std::uint32_t>(rung),
                              .step = step,
                              .purpose = RandomPurpose::exchange};
    const PhiloxBlock bits = stream.block(0);
    const double threshold = (1.0 / a.temperature - 1.0 / b.temperature) / units::kBoltzmann *
                             (a.potential_energy - b.potential_energy);
    const bool accepted = natural_log(uniform52(bits.word[0], bits.word[1])) < threshold;
    ++counts_[rung].attempts;
    rows[at[rung]].partner = b.replica;
    rows[at[rung + 1]].partner = a.replica;
    rows[at[rung]].accepted = rows[at[rung + 1]].accepted = accepted;
    if (!accepted) continue;
    ++counts_[rung].accepted;
    move_to(a, ladder_[rung + 1]);
    move_to(b, ladder_[rung]);
  }
  if (!options_.log) return;
  for (std::size_t slot = 0; slot < n; ++slot) rows[slot].temperature = states_[slot].temperature;
  options_.log(rows);
}

SimulationResult ReplicaExchange::run(SampleSink& samples) {
  SimulationResult all;
  for (;;) {
    const auto going = std::find_if(states_.begin(), states_.end(),
                                    [](const ReplicaState& state) { return !state.failed; });
    const std::int64_t step = going == states_.end() ? states_.front().step : going->step;
    const std::int64_t next =
        std::min(options_.steps, (step / options_.every + 1) * options_.every);
    const std::unique_ptr<ReplicaRunner> runner = make_(next, states_);
    SimulationResult piece = runner->run(samples);
    states_.assign(runner->states().begin(), runner->states().end());
    if (piece.step > step && piece.step % options_.every == 0) exchange(piece.step);
    all.step = piece.step;
    all.replica_steps += piece.replica_steps;
    all.seconds += piece.seconds;
    all.energies = piece.energies;
    all.failures.insert(all.failures.end(), std::make_move_iterator(piece.failures.begin()),
                        std::make_move_iterator(piece.failures.end()));
    all.stopped = piece.stopped;
    const bool none_left = std::all_of(states_.begin(), states_.end(),
                                       [](const ReplicaState& state) { return state.failed; });
    if (piece.stopped || piece.step >= options_.steps || none_left) return all;
  }
}

}  // namespace fusemd
