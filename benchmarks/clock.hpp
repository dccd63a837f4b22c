// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <ctime>

namespace fusemd::benchmarks {

/// Seconds on a steady clock.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of processor time of this thread: what other programs take does not count.
inline double processor_now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace fusemd::benchmarks
