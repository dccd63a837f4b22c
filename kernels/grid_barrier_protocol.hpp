// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/platform.hpp"

namespace fusemd::simt {

/// The protocol of the grid barrier between `count` participants, one of which has index 0.
///
/// The word's low 31 bits count arrivals and its top bit is the barrier's phase. Participant 0 adds
/// 2^31 - (count - 1), every other one adds 1: when all have arrived the sum is 2^31, which flips
/// the phase and leaves the count at 0. So the word starts at 0 once, wraps by design, and serves
/// any number of barriers and launches.
///
/// Word offers   unsigned fetch_add_acq_rel(unsigned)   what was written before is published, and
/// what
///                                                      earlier arrivals published is seen
///               unsigned load_acquire()                sees what the last arrival published
///               void relax()                           the body of the spin loop
/// It is a parameter so that real threads run this very text under ThreadSanitizer
/// (test/simt/grid_barrier_threads.cpp).
template <class Word>
FUSEMD_DEVICE inline void arrive_and_wait(Word word, unsigned index, unsigned count) {
  constexpr unsigned kPhase = 0x80000000u;
  const unsigned arrival = index == 0 ? kPhase - (count - 1) : 1u;
  const unsigned before = word.fetch_add_acq_rel(arrival);
  while (((before ^ word.load_acquire()) & kPhase) == 0) word.relax();
}

}  // namespace fusemd::simt
