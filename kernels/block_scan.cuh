// SPDX-License-Identifier: MIT
#pragma once
// The block-wide prefix sum: CUB's under nvcc, our own where there is no CUB.

#include "kernels/warp.cuh"

#if defined(__CUDACC__)
#include <cub/block/block_scan.cuh>
#endif

namespace fusemd::simt {

/// The sum of the values of all threads before this one, and `total` of all. By all kThreads
/// threads of a block of that many in x. No barrier at the end: one must lie before the next call.
template <unsigned kThreads>
__device__ __forceinline__ unsigned block_exclusive_sum(unsigned value, unsigned& total) {
  static_assert(kThreads % kWarpSize == 0 && kThreads <= 1024);
#if defined(__CUDACC__)
  using Scan = cub::BlockScan<unsigned, static_cast<int>(kThreads)>;
  FUSEMD_SHARED(typename Scan::TempStorage, scratch, );
  unsigned before = 0;
  Scan(scratch).ExclusiveSum(value, before, total);
  return before;
#else
  constexpr unsigned kBlockWarps = kThreads / kWarpSize;
  FUSEMD_SHARED(unsigned, warp_totals, [kBlockWarps]);
  unsigned sum = value;
  for (unsigned delta = 1; delta < kWarpSize; delta *= 2) {
    const unsigned below = __shfl_up_sync(kFullWarp, sum, delta);
    if (lane_index() >= delta) sum += below;
  }
  const unsigned warp = threadIdx.x / kWarpSize;
  if (lane_index() == kWarpSize - 1) warp_totals[warp] = sum;
  __syncthreads();
  unsigned before = 0;
  total = 0;
  for (unsigned w = 0; w < kBlockWarps; ++w) {
    if (w < warp) before += warp_totals[w];
    total += warp_totals[w];
  }
  return before + sum - value;
#endif
}

}  // namespace fusemd::simt
