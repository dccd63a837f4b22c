// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/launch.hpp"

/// Kernels whose instructions and memory traffic can be counted by hand.
namespace fusemd::counted {

/// y[i] = x[i], four floats a thread. Both [4 * blocks * 128].
void copy_float4(const float* x, float* y, unsigned blocks);

/// y = x transposed, 32 x 32, by one warp through shared memory: reads of columns of x, 128 bytes
/// apart, and of columns of the tile, which lie in one bank.
void transpose_badly(const float* x, float* y);

/// out[thread] = a polynomial of degree `degree` by Horner's rule, one warp. coefficients [degree +
/// 1].
void horner(const float* coefficients, float* out, unsigned degree);

/// Lane l of one warp goes l + 1 times round a loop with one atomicAdd(word, 1).
void triangle(unsigned* word);

/// `rounds` times: store to shared memory, barrier, load from there, barrier. 64 threads.
void rounds_of_barriers(float* out, unsigned rounds);

/// out[i] = x[i] + x[63 - i], with a block barrier between the two reads. 64 threads, both [64].
void read_twice(const float* x, float* out);

}  // namespace fusemd::counted
