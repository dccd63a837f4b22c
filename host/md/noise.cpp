// SPDX-License-Identifier: MIT
#include "host/md/noise.hpp"

#include <algorithm>

// The compiler vectorises the loops below by itself. They are compiled for each instruction set
// by attributes: no intrinsics, no second home of a formula. This file is compiled with
// -fno-math-errno, because a square root that may set errno is not vectorised; no argument here
// is negative.

namespace fusemd {
namespace {

constexpr std::uint32_t kLanes = 16;  // two AVX-512 registers of double

/// Each stage is a loop of its own over kLanes atoms; the last block computes some in vain.
[[gnu::always_inline]] inline void fill(const RandomStream& stream,
                                        std::uint32_t first_atom,
                                        std::span<Vec3> noise) {
  const auto n = static_cast<std::uint32_t>(noise.size());
  for (std::uint32_t begin = 0; begin < n; begin += kLanes) {
    std::uint32_t w0[kLanes], w1[kLanes], w2[kLanes], w3[kLanes];
    for (std::uint32_t k = 0; k < kLanes; ++k) {
      const PhiloxBlock block = stream.block(first_atom + begin + k);
      w0[k] = block.word[0];
      w1[k] = block.word[1];
      w2[k] = block.word[2];
      w3[k] = block.word[3];
    }
    double x[kLanes], y[kLanes], z[kLanes];
    for (std::uint32_t k = 0; k < kLanes; ++k) {
      const NormalPair pair = normal_pair(w0[k], w1[k]);
      x[k] = pair.first;
      y[k] = pair.second;
    }
    for (std::uint32_t k = 0; k < kLanes; ++k) z[k] = normal_pair(w2[k], w3[k]).first;
    const std::uint32_t used = std::min(kLanes, n - begin);
    for (std::uint32_t k = 0; k < used; ++k) noise[begin + k] = {x[k], y[k], z[k]};
  }
}

using Fill = void (*)(const RandomStream&, std::uint32_t, std::span<Vec3>);

[[gnu::flatten]] void fill_base(const RandomStream& stream,
                                std::uint32_t first_atom,
                                std::span<Vec3> noise) {
  fill(stream, first_atom, noise);
}

#if defined(__x86_64__)
[[gnu::flatten, gnu::target("avx2")]] void fill_avx2(const RandomStream& stream,
                                                     std::uint32_t first_atom,
                                                     std::span<Vec3> noise) {
  fill(stream, first_atom, noise);
}

[[gnu::flatten, gnu::target("avx512f,avx512dq,avx512vl,avx512bw")]] void
fill_avx512(const RandomStream& stream, std::uint32_t first_atom, std::span<Vec3> noise) {
  fill(stream, first_atom, noise);
}

Fill best_fill() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return fill_avx512;
  }
  return __builtin_cpu_supports("avx2") ? fill_avx2 : fill_base;
}
#else
Fill best_fill() { return fill_base; }
#endif

}  // namespace

void fill_noise(const RandomStream& stream, std::uint32_t first_atom, std::span<Vec3> noise) {
  static const Fill best = best_fill();
  best(stream, first_atom, noise);
}

}  // namespace fusemd
