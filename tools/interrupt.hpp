// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace fusemd {

/// Turns the first SIGINT or SIGTERM into a request to stop at the next step boundary. A second one
/// ends the program at once, as if this did not exist.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Set once a signal has come.
  const std::atomic<bool>& requested() const;
  /// The signal's number; 0: none came.
  int signal() const;
};

}  // namespace fusemd
