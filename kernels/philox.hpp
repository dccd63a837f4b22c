// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/platform.hpp"

namespace fusemd {

/// Four 32-bit words: a counter on the way in, random bits on the way out.
struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Philox4x32-10: a keyed bijection of 128-bit counters, used as a random number generator without
/// state: word n of a stream is a function of (key, n) alone.
///
/// Source   Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011),
///          section 3.3. Differs from the paper: none.
/// Work     20 widening multiplications.
/// Result   integers only, so the same bits on every host and device.
/// Tests    test/kernels/test_philox.cpp (the published known-answer vectors)
FUSEMD_HD inline PhiloxBlock philox4x32_10(PhiloxBlock counter,
                                           std::uint32_t key0,
                                           std::uint32_t key1) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
  constexpr int kRounds = 10;
  std::uint32_t c0 = counter.word[0], c1 = counter.word[1];
  std::uint32_t c2 = counter.word[2], c3 = counter.word[3];
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * c0;
    const std::uint64_t product1 = kMultiplier1 * c2;
    c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ key0;
    c1 = static_cast<std::uint32_t>(product1);
    c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ key1;
    c3 = static_cast<std::uint32_t>(product0);
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return {{c0, c1, c2, c3}};
}

}  // namespace fusemd
