// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/grid_barrier_protocol.hpp"
#include "kernels/simt.cuh"

namespace fusemd::simt {

namespace detail {

struct DeviceWord {
  unsigned* word;
  __device__ unsigned fetch_add_acq_rel(unsigned value) const {
    return simt::fetch_add_acq_rel(word, value);
  }
  __device__ unsigned load_acquire() const { return simt::load_acquire(word); }
  __device__ void relax() const { simt::relax(); }
};

/// The protocol for blocks: one thread a block goes to the shared word, the others wait at the
/// block's barrier.
__device__ __forceinline__ void blocks_meet(unsigned* word, unsigned index, unsigned count) {
  __syncthreads();
  if (threadIdx.x == 0 && threadIdx.y == 0 && threadIdx.z == 0) {
    arrive_and_wait(DeviceWord{word}, index, count);
  }
  __syncthreads();
}

}  // namespace detail

/// Waits until every thread of the grid has come here; what any of them wrote before, all of them
/// see after.
///
/// Needs    Residency::all_blocks: a block that cannot become resident never arrives, and the
/// others
///          spin for ever. `word` is one word of device memory, 0 before its first use, used by
///          nothing else. Called by every thread of every block.
/// Result   orders memory between all threads of the grid (acquire and release at device scope).
__device__ inline void grid_barrier(unsigned* word FUSEMD_CALL_SITE) {
#if !defined(__CUDACC__)
  const executor::CallableBarrier scope(fusemd_site);
  if (scope.cut()) return;
#endif
  const unsigned index = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  detail::blocks_meet(word, index, gridDim.x * gridDim.y * gridDim.z);
}

/// Some blocks of a grid that work on one thing, and which of them the caller is in.
struct Team {
  unsigned index = 0;
  unsigned count = 1;
  unsigned* word = nullptr;  ///< the team's own, as of grid_barrier()
};

/// grid_barrier() for the blocks of one team: other teams are not waited for.
///
/// Needs    Residency::all_blocks; called by every thread of the team's blocks.
__device__ inline void team_barrier(const Team& team FUSEMD_CALL_SITE) {
#if !defined(__CUDACC__)
  const executor::CallableBarrier scope(fusemd_site);
  if (scope.cut()) return;
#endif
  detail::blocks_meet(team.word, team.index, team.count);
}

}  // namespace fusemd::simt
