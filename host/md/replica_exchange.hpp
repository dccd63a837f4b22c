// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "host/md/replica_runner.hpp"
#include "host/md/replica_state.hpp"

namespace fusemd {

/// How often the temperatures of rung k and k + 1 were offered to change places.
struct ExchangeCount {
  std::int64_t attempts = 0;
  std::int64_t accepted = 0;
};

/// One replica at one attempt.
struct ExchangeRow {
  std::int64_t step = 0;
  std::int32_t replica = 0;
  std::int32_t rung = 0;      ///< of its temperature before, 0: the coldest
  std::int32_t partner = -1;  ///< the replica that its temperature was offered to; -1: none
  bool accepted = false;
  double temperature = 0.0;       ///< K, of its thermostat from here on
  double potential_energy = 0.0;  ///< eV
};

/// Temperature replica exchange: at the multiples of `every` steps, replicas at neighbouring
/// temperatures are offered to change temperatures:
///
///   accepted if  ln u < (1 / kT_a - 1 / kT_b) (U_a - U_b),   u uniform in (0, 1)
///
/// and velocities are scaled by sqrt(T_new / T_old), so that each replica stays canonical at its
/// temperature; the energy of the scaling counts as heat. Pairs are (0, 1), (2, 3), ... at odd
/// multiples and (1, 2), (3, 4), ... at even ones. A replica that was stopped takes no part.
///
/// Source   Sugita & Okamoto, Chem. Phys. Lett. 314, 141 (1999), eqs. 5-14. Differs: temperatures
///          move and not configurations, so that a replica's trajectory is continuous.
/// Result   a function of states and seed: the same bits with any number of threads, and in one run
///          or in several. An attempt belongs to the step it is made at: states() are those after
///          it.
class ReplicaExchange final : public ReplicaRunner {
 public:
  /// A runner that goes on from states to a step; empty states: from the start.
  using MakeRunner = std::function<std::unique_ptr<ReplicaRunner>(std::int64_t last_step,
                                                                  std::vector<ReplicaState>)>;

  struct Options {
    std::int64_t every = 100;
    std::int64_t steps = 0;  ///< to end at
    std::uint64_t seed = 0;
    std::vector<double> ladder;  ///< K, one a replica, all different, in any order
    /// Called for all replicas of an attempt, in their order, after the exchange.
    std::function<void(std::span<const ExchangeRow>)> log;
  };

  /// `states` and `counts`: where to go on; both empty: from the start.
  /// Errors   InputError: fewer than two replicas, temperatures that are not positive and
  /// different,
  ///          replicas of different atoms; what make() throws.
  ReplicaExchange(Options options,
                  MakeRunner make,
                  std::vector<ReplicaState> states = {},
                  std::vector<ExchangeCount> counts = {});

  SimulationResult run(SampleSink& samples) override;
  std::span<const ReplicaState> states() const override { return states_; }

  /// One for each pair of neighbouring temperatures, from the coldest.
  std::span<const ExchangeCount> counts() const { return counts_; }
  /// Ascending.
  std::span<const double> ladder() const { return ladder_; }

 private:
  void exchange(std::int64_t step);

  Options options_;
  MakeRunner make_;
  std::vector<double> ladder_;
  std::vector<ReplicaState> states_;
  std::vector<ExchangeCount> counts_;
};

}  // namespace fusemd
