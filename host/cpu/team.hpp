// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "host/thread_placement.hpp"

namespace fusemd::cpu {

/// A few threads that run one function together, again and again, with barriers inside it. Made for
/// tasks of some ten microseconds: waiting threads spin for a moment before they sleep.
class Team {
 public:
  /// `size` counts the calling thread, so 1 starts no thread and costs nothing.
  explicit Team(std::size_t size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return workers_.size() + 1; }

  /// Calls function(argument, rank) on every member, rank 0 on the caller; returns when all are
  /// done.
  void run(void (*function)(void* argument, std::size_t rank), void* argument);

  /// Waits until every member has called it. What any member wrote before is visible to all after.
  void barrier() {
    if (!workers_.empty()) wait_for_all();
  }

 private:
  void work(std::size_t rank);
  void wait_for_all();

  ThreadPlacement placement_;
  std::vector<std::thread> workers_;
  void (*function_)(void*, std::size_t) = nullptr;
  void* argument_ = nullptr;
  alignas(64) std::atomic<unsigned> job_{0};
  alignas(64) std::atomic<unsigned> arrived_{0};
  alignas(64) std::atomic<unsigned> phase_{0};
  std::atomic<bool> quit_{false};
};

}  // namespace fusemd::cpu
