// SPDX-License-Identifier: MIT
#pragma once
// Who does what inside a block, and sums over the lanes of a warp.

#include "kernels/simt.cuh"

namespace fusemd::simt {

/// The warps that share a piece of work, and which of them the caller is in: warp w takes items w,
/// w
/// + count, ... Made by block_warps() where a block works on something of its own, by grid_warps()
/// where the whole grid shares it. Threads beyond the last full warp take no part, so blocks are
/// made of full warps.
struct Warps {
  unsigned index;
  unsigned count;
};

__device__ __forceinline__ unsigned lane_index() { return threadIdx.x % kWarpSize; }

__device__ __forceinline__ Warps block_warps() {
  return {threadIdx.x / kWarpSize, blockDim.x / kWarpSize};
}

__device__ __forceinline__ Warps grid_warps() {
  const Warps block = block_warps();
  return {blockIdx.x * block.count + block.index, gridDim.x * block.count};
}

/// The sum over a warp's lanes, the same bits in every lane: lanes are added in pairs, pairs in
/// pairs, and so on.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(kFullWarp, value, offset);
  }
  return value;
}

}  // namespace fusemd::simt
