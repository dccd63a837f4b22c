// SPDX-License-Identifier: MIT
#include "host/cpu/team.hpp"

namespace fusemd::cpu {
namespace {

// About 20 us of spinning: longer than a step of the smallest model spends outside the team, much
// shorter than a time slice.
constexpr int kSpins = 1000;

inline void pause() { __builtin_ia32_pause(); }

/// Returns once `value` is no longer `old`.
void wait_for_change(const std::atomic<unsigned>& value, unsigned old) {
  for (int k = 0; k < kSpins; ++k) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(std::size_t size) {
  if (size > 1) placement_.settle();
  for (std::size_t rank = 1; rank < size; ++rank)
    workers_.emplace_back([this, rank] { work(rank); });
}

Team::~Team() {
  if (workers_.empty()) return;
  quit_.store(true, std::memory_order_relaxed);
  job_.fetch_add(1, std::memory_order_release);
  job_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Team::run(void (*function)(void*, std::size_t), void* argument) {
  if (!workers_.empty()) {
    function_ = function;
    argument_ = argument;
    job_.fetch_add(1, std::memory_order_release);
    job_.notify_all();
  }
  function(argument, 0);
  barrier();
}

void Team::work(std::size_t rank) {
  placement_.settle();
  unsigned seen = 0;
  while (true) {
    wait_for_change(job_, seen);
    seen = job_.load(std::memory_order_acquire);
    if (quit_.load(std::memory_order_relaxed)) return;
    function_(argument_, rank);
    barrier();
  }
}

void Team::wait_for_all() {
  const unsigned phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.store(phase + 1, std::memory_order_release);
    phase_.notify_all();
  } else {
    wait_for_change(phase_, phase);
  }
}

}  // namespace fusemd::cpu
