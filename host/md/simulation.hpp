// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "host/md/replica_runner.hpp"
#include "host/md/simulation_options.hpp"
#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// Replicas of one or several molecules, advanced together.
///
/// Replica r starts from structures[r mod S]. r is its global number, first_replica to
/// first_replica + replicas - 1.
/// Result   a replica's samples have the same bits alone, in any batch and slot, with any number
///          of threads, in one run or in several.
/// Cost     evaluators: one a thread and distinct list of atoms. State: about 72 bytes an atom
///          and replica, and as much once or twice for its trail. Samples wait in memory for at
///          most two rounds (docs/numerics.md).
class Simulation final : public ReplicaRunner {
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

  ~Simulation() override;
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Needs    the potential outlives this object.
  /// Errors   what evaluators or `samples` throw; all threads have ended by then.
  SimulationResult run(SampleSink& samples) override;
  std::span<const ReplicaState> states() const override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace fusemd
