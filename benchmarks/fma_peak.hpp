// SPDX-License-Identifier: MIT
#pragma once

#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {

/// Single-precision fused multiply-adds that one core retires now, in GF/s (two flops each): twelve
/// or more independent chains on registers only, for about 1 ms. SSE4 has none, so separate
/// multiplications and additions count.
double measure_fma_peak(cpu::InstructionSet set);

}  // namespace fusemd::benchmarks
