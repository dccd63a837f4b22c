// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace fusemd {

/// Turns signals into requests that are seen at the next step boundary:
///
///   SIGINT    end; a second one ends the program at once, as if this did not exist
///   SIGTERM   end, however often it comes: batch systems send it to every process of a job, and
///             again
///   SIGUSR1   save a checkpoint and go on
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Set once a signal to end has come.
  const std::atomic<bool>& requested() const;
  /// That signal's number; 0: none came.
  int signal() const;

  /// Set by every signal, and by whoever wants the step loop to pause: look at requested() and
  /// take_checkpoint_request() after clearing it.
  std::atomic<bool>& attention() const;
  /// Whether a checkpoint has been asked for since the last call.
  bool take_checkpoint_request() const;
};

}  // namespace fusemd
