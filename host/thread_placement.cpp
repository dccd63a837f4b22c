// SPDX-License-Identifier: MIT
#include "host/thread_placement.hpp"

#include <cstddef>
#include <sched.h>

namespace fusemd {

bool ThreadPlacement::take(int processor) {
  const auto index = static_cast<std::size_t>(processor);
  if (index >= taken_.size()) taken_.resize(index + 1, false);
  if (taken_[index]) return false;
  taken_[index] = true;
  return true;
}

int ThreadPlacement::settle() {
  const std::lock_guard lock(mutex_);
  const int here = sched_getcpu();
  if (here < 0) return -1;
  if (take(here)) return here;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  for (int step = 1; step < CPU_SETSIZE; ++step) {
    const int other = (here + step) % CPU_SETSIZE;
    if (!CPU_ISSET(static_cast<std::size_t>(other), &allowed) || !take(other)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(other), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) continue;
    // Setting the affinity has moved this thread; giving the old set back leaves it there.
    sched_setaffinity(0, sizeof allowed, &allowed);
    return other;
  }
  return -1;
}

}  // namespace fusemd
