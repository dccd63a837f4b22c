// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fusemd::train {

// Which random numbers a seed is asked for: different purposes never share them.
inline constexpr std::uint64_t kSplitStream = 1;
inline constexpr std::uint64_t kWeightStream = 2;
inline constexpr std::uint64_t kFirstEpochStream = 1000;  ///< the k-th pass over the data: + k

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): the same numbers with every compiler.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream)
      : state_(mixed(seed + 0x9e3779b97f4a7c15U * (stream + 1))) {}

  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15U); }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

  /// Uniform in [0, n), n > 0, by rejection: no number is favoured.
  std::uint64_t below(std::uint64_t n) {
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    for (;;) {
      const std::uint64_t value = next();
      if (value < limit) return value % n;
    }
  }

 private:
  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  std::uint64_t state_;
};

/// 0 ... n - 1 in random order (Fisher & Yates), a function of its arguments alone.
inline std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::size_t> order(n);
  for (std::size_t k = 0; k < n; ++k) order[k] = k;
  RandomStream random(seed, stream);
  for (std::size_t k = n; k > 1; --k) std::swap(order[k - 1], order[random.below(k)]);
  return order;
}

}  // namespace fusemd::train
