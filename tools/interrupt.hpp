// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace fusemd {

/// Turns signals into requests that are seen between two rounds of steps (host/md/rounds.hpp):
///
///   SIGINT    end; a second one ends the program at once, as if this did not exist
///   SIGTERM   end, however often it comes: batch systems send it to every process of a job, and
///             again
///   SIGUSR1   save a checkpoint and go on
///
/// Before there is anything to save, a program that reads for long must still end when it is told
/// to: until has_work(), a guard made with Begin::idle answers SIGINT and SIGTERM by ending the
/// program at once, with a sentence and exit code 130 or 143. SIGUSR1 is kept for the first step.
class InterruptGuard {
 public:
  enum class Begin { at_work, idle };

  explicit InterruptGuard(Begin begin = Begin::at_work);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// From here on there is something to lose, and signals to end are requests.
  void has_work();

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
