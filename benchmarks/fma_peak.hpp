// SPDX-License-Identifier: MIT
#pragma once

#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {

/// Single-precision fused multiply-adds that one core retires now, in GF/s (two flops each): twelve
/// or more independent chains on registers only. SSE4 has none, so separate multiplications and
/// additions count. `iterations` of a dozen or two instructions each: 100,000 take about 1 ms.
double measure_fma_peak(cpu::InstructionSet set, long iterations = 100'000);

/// For a probe beside windows of less than a millisecond: about 0.1 ms.
inline constexpr long kShortProbe = 10'000;

}  // namespace fusemd::benchmarks
