// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/md/drift.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/sample.hpp"

namespace fusemd {

/// A replica that was stopped. Its state is that of the last good step, failure.step - 1 (or the
/// start).
struct ReplicaFailure {
  static constexpr std::int64_t kLastGood = 10;

  std::int32_t replica = 0;
  StepFailure failure;

  struct GoodStep {
    ReplicaState state;
    double temperature = 0.0;  // K
  };
  /// The kLastGood steps before the failure, one by one, the last good one last. Fewer if the
  /// replica made no more steps since its start or since the states that it was to go on from
  /// (SimulationOptions::trails); none if it failed at once; the last one alone on devices.
  std::vector<GoodStep> last_good{};
};

struct SimulationResult {
  std::int64_t step = 0;           ///< reached by every replica that did not fail
  std::int64_t replica_steps = 0;  ///< done by this run
  double seconds = 0.0;
  bool stopped = false;  ///< by the stop request, before the last step
  EnergySummary energies;
  std::vector<ReplicaFailure> failures;  ///< of this run, by step, then replica
};

/// Advances replicas, wherever their loop runs: host/md/simulation.hpp on the host,
/// host/cuda/device_simulation.hpp on a device.
class ReplicaRunner {
 public:
  virtual ~ReplicaRunner() = default;

  /// Advances every replica to options.steps. `samples` is called by this thread only, ordered
  /// by step, then by replica; a replica's log row comes before its frame.
  /// Errors   what engines or `samples` throw; the states are then not fit to go on.
  virtual SimulationResult run(SampleSink& samples) = 0;

  /// One a replica, in order. Between runs.
  virtual std::span<const ReplicaState> states() const = 0;
};

}  // namespace fusemd
