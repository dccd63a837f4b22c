// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "host/md/dynamics.hpp"
#include "host/md/replica_runner.hpp"
#include "host/md/replica_state.hpp"
#include "host/potential.hpp"

namespace fusemd {

/// The states of one replica that its last ReplicaFailure::kLastGood steps can be made again from,
/// oldest first: one or two, and one more for each exchange of temperatures within these steps.
/// Steps made again have the same bits, so nothing need be kept of each while all is well.
///
/// Cost     72 bytes an atom and state; a swap each time that steps were made together, and no
///          allocation once the states are there.
class ReplicaTrail {
 public:
  /// The replica has gone from `begin` to step `end`. `begin` is left for overwriting.
  void leave(ReplicaState& begin, std::int64_t end);

  /// Makes the steps up to `last` again, from the trail and then from `begin`, the state behind it.
  /// Returns  the last kLastGood of them, the oldest state counting as one; fewer where the trail
  ///          goes less far back. At a step with an exchange: what was before it.
  std::vector<ReplicaFailure::GoodStep> steps_up_to(std::int64_t last,
                                                    const ReplicaState& begin,
                                                    const Dynamics& dynamics,
                                                    Evaluator& evaluator) const;

  void clear();

 private:
  std::vector<ReplicaState> states_;  // those behind the first used_ are there for their memory
  std::size_t used_ = 0;
};

}  // namespace fusemd
