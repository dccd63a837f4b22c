// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace fusemd::device {

/// What the host has asked of devices and how often it has waited for one, since the program began.
/// All threads and devices together.
struct LaunchNumbers {
  std::uint64_t kernels = 0;       ///< launches of single kernels
  std::uint64_t graphs = 0;        ///< launches of captured graphs
  std::uint64_t stream_waits = 0;  ///< the host waited until a stream was empty
  std::uint64_t event_waits = 0;   ///< the host waited for a point in a stream

  friend LaunchNumbers operator-(const LaunchNumbers& a, const LaunchNumbers& b) {
    return {a.kernels - b.kernels, a.graphs - b.graphs, a.stream_waits - b.stream_waits,
            a.event_waits - b.event_waits};
  }
};

/// The counters behind launch_numbers(): simt::launch() and the functions of
/// kernels/device_memory.hpp add to them, on a GPU and under the executor alike.
struct LaunchCounters {
  std::atomic<std::uint64_t> kernels{0}, graphs{0}, stream_waits{0}, event_waits{0};
};
inline LaunchCounters& launch_counters() {
  static LaunchCounters counters;
  return counters;
}

/// One more of what `counter` counts. Orders nothing.
inline void count_one(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

[[nodiscard]] inline LaunchNumbers launch_numbers() {
  const LaunchCounters& now = launch_counters();
  return {now.kernels.load(std::memory_order_relaxed), now.graphs.load(std::memory_order_relaxed),
          now.stream_waits.load(std::memory_order_relaxed),
          now.event_waits.load(std::memory_order_relaxed)};
}

}  // namespace fusemd::device
