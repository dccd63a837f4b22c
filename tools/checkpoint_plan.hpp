// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace fusemd {

/// When a run saves its state, besides at its start and at its end.
struct CheckpointPlan {
  std::int64_t every_steps = 0;  ///< 0: not by steps
  double every_seconds = 0.0;    ///< 0: not by time
  double max_seconds = 0.0;      ///< the run ends after this time, as asked; 0: never
};

}  // namespace fusemd
