// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/md/drift.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/sample.hpp"
#include "host/md/simulation_options.hpp"
#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// A replica that was stopped. Its state is that of the last good step, failure.step - 1 (or the
/// start).
struct ReplicaFailure {
  std::int32_t replica = 0;
  StepFailure failure;
};

struct SimulationResult {
  std::int64_t step = 0;           ///< reached by every replica that did not fail
  std::int64_t replica_steps = 0;  ///< done by this run
  double seconds = 0.0;
  bool stopped = false;  ///< by the stop request, before the last step
  EnergySummary energies;
  std::vector<ReplicaFailure> failures;  ///< of this run, by step, then replica
};

/// Replicas of one or several molecules, advanced together.
///
/// Replica r starts from structures[r mod S]. r is its global number, first_replica to
/// first_replica + replicas - 1.
/// Result   a replica's samples have the same bits alone, in any batch and slot, with any number
///          of threads, in one run or in several.
/// Cost     evaluators: one a thread and distinct list of atoms. State: about 72 bytes an atom
///          and replica. Samples wait in memory for at most two rounds (docs/numerics.md).
class Simulation {
 public:
  /// Errors   InputError: an option or structure is out of range; whatever make_evaluator()
  ///          throws.
  Simulation(const Potential& potential,
             std::span<const Structure> structures,
             SimulationOptions options);

  /// Goes on from saved states, one a replica, in order. Degrees of freedom follow the
  /// structures, as at the start.
  /// Errors   as above, and states that do not fit the structures or are not at one step.
  Simulation(const Potential& potential,
             std::span<const Structure> structures,
             SimulationOptions options,
             std::vector<ReplicaState> states);

  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Advances every replica to options.steps. `samples` is called by this thread only, ordered
  /// by step, then by replica; a replica's log row comes before its frame.
  /// Needs    the potential outlives this object.
  /// Errors   what evaluators or `samples` throw; all threads have ended by then, the states are
  ///          not fit to go on.
  SimulationResult run(SampleSink& samples);

  /// One a replica, in order. Between runs.
  std::span<const ReplicaState> states() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fusemd
