// SPDX-License-Identifier: MIT
#pragma once

#include <mutex>
#include <vector>

namespace fusemd {

/// Starts the threads of one team on different processors.
///
/// Linux may queue a new thread behind the one that made it, on the same processor, and takes a
/// tenth of a second to move it away: as long as a short run. A thread that finds a processor taken
/// by another of its team moves to the next free one that it is allowed to use. It is not pinned:
/// its affinity is unchanged afterwards, so the scheduler is free to make way for other programs.
class ThreadPlacement {
 public:
  /// Called once by every thread, in any order.
  ///
  /// Result   the processor, different for each thread while there are enough; -1 where it stays
  ///          because none is left or the system does not say. Never an error.
  int settle();

 private:
  bool take(int processor);  // false: it is taken

  std::mutex mutex_;
  std::vector<bool> taken_;
};

}  // namespace fusemd
