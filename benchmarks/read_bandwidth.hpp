// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace fusemd::benchmarks {

/// Bytes a second that one core reads again and again from a buffer of `bytes`, with the widest
/// vectors of the processor: the bandwidth of the cache level (or memory) that holds it. Measured
/// once a size (rounded up to a power of two) and remembered; about 3 ms each.
double read_bandwidth(std::size_t bytes);

}  // namespace fusemd::benchmarks
