// SPDX-License-Identifier: MIT
// The grid barrier's protocol between blocks on real threads, one a block, for ThreadSanitizer: it
// judges the memory order by the C++ model, which the fibers cannot.
//   PROGRAM ordered                 as kernels use it: must run clean
//   PROGRAM relaxed|relaxed_poll    with weaker orders: must be reported
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "kernels/grid_barrier_protocol.hpp"

namespace {

struct Orders {
  std::memory_order arrive;
  std::memory_order poll;
};

struct ThreadWord {
  unsigned* word;
  Orders orders;

  unsigned fetch_add_acq_rel(unsigned value) const {
    return std::atomic_ref<unsigned>(*word).fetch_add(value, orders.arrive);
  }
  unsigned load_acquire() const { return std::atomic_ref<unsigned>(*word).load(orders.poll); }
  void relax() const { std::this_thread::yield(); }
};

/// Threads average with their right neighbours, a barrier a step. Every step's values are read by
/// others in the next, so a barrier that orders nothing is a race.
bool run(const Orders& orders) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kSteps = 300;
  unsigned word = 0;
  std::vector<double> a(kThreads, 0.0);
  std::vector<double> b(kThreads, 0.0);
  a[0] = 1.0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned step = 0; step < kSteps; ++step) {
        const std::vector<double>& source = step % 2 == 0 ? a : b;
        std::vector<double>& target = step % 2 == 0 ? b : a;
        target[t] = 0.5 * (source[t] + source[(t + 1) % kThreads]);
        fusemd::simt::arrive_and_wait(ThreadWord{&word, orders}, t, kThreads);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Averages on a ring tend to the mean; 300 steps leave less than 2^-100 of the start.
  for (const double value : a) {
    if (!(value > 0.25 - 1e-12 && value < 0.25 + 1e-12)) {
      std::printf("value %.17g instead of 0.25\n", value);
      return false;
    }
  }
  if (word != 0) std::printf("the word ends at %u\n", word);
  return word == 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  Orders orders{std::memory_order_acq_rel, std::memory_order_acquire};
  if (std::strcmp(words[1], "relaxed") == 0) {
    orders = {std::memory_order_relaxed, std::memory_order_relaxed};
  } else if (std::strcmp(words[1], "relaxed_poll") == 0) {
    orders = {std::memory_order_release, std::memory_order_relaxed};
  } else if (std::strcmp(words[1], "ordered") != 0) {
    return 2;
  }
  return run(orders) ? 0 : 1;
}
