// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace fusemd::benchmarks {

/// Seconds on a steady clock.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace fusemd::benchmarks
