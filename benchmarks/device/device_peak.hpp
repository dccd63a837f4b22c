// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "kernels/launch.hpp"
#include "kernels/platform.hpp"
#include "kernels/views.hpp"

namespace fusemd::benchmarks {

/// Independent chains of multiply-adds a thread: more than any part needs to hide their latency.
inline constexpr unsigned kFmaChains = 16;

/// Fused multiply-adds on registers alone: every thread does kFmaChains chains x = x a + b of
/// `length` each and writes the sum of the chains, so that nothing can be left out.
///
/// Shapes   sums [grid x block], overwritten.
/// Work     2 kFmaChains length flops a thread; 4 bytes written.
/// Tests    test/simt/benchmarks/test_device_peak.cpp
void fma_chains(DeviceSpan<float> sums,
                float a,
                float b,
                unsigned length,
                const LaunchShape& shape,
                Stream stream);

/// Reads a buffer `passes` times, 16 bytes a load, neighbouring threads neighbouring addresses:
/// thread t writes the sum of what it read.
///
/// Shapes   values [4 n], 16-byte aligned; sums [grid x block], overwritten.
/// Work     4 n passes bytes read in loads of 16; one addition a number.
/// Tests    test/simt/benchmarks/test_device_peak.cpp
void read_passes(DeviceSpan<const float> values,
                 DeviceSpan<float> sums,
                 unsigned passes,
                 const LaunchShape& shape,
                 Stream stream);

}  // namespace fusemd::benchmarks
