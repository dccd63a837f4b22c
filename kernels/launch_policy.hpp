// SPDX-License-Identifier: MIT
#pragma once
// How wide blocks are, as data: one row an architecture, one member an op. No launcher has a number
// of its own. The numbers come from static budgets (registers, shared memory, resident warps), not
// from times: docs/cuda-without-gpu.md.

#include <cstddef>

namespace fusemd {

/// Threads of a block, multiples of 32.
struct LaunchPolicy {
  int compute_capability = 0;  ///< 10 major + minor of the first part that the row is for

  unsigned neighbour_threads = 0;  ///< neighbour search: a warp an atom
  unsigned message_threads = 0;    ///< tabulated convolution, forward and backward: a warp an atom
};

inline constexpr LaunchPolicy kLaunchPolicies[] = {
    {.compute_capability = 75, .neighbour_threads = 128, .message_threads = 128},
};

/// The row for a device: that of the newest part which is not newer than the device.
[[nodiscard]] constexpr const LaunchPolicy& launch_policy(int compute_capability) {
  const LaunchPolicy* found = &kLaunchPolicies[0];
  for (const LaunchPolicy& row : kLaunchPolicies) {
    if (row.compute_capability <= compute_capability) found = &row;
  }
  return *found;
}

}  // namespace fusemd
