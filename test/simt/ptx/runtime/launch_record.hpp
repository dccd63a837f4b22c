// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "kernels/launch.hpp"
#include "test/simt/ptx/runtime/kernel_info.hpp"

/// What one launch did, for models that need more than sums over launches
/// (test/simt/ptx/runtime/counters.hpp has those). A header of its own, because translated code
/// includes the other.
namespace fusemd::ptx {

struct LaunchRecord {
  const KernelInfo* kernel = nullptr;
  LaunchShape shape;
  /// For each warp, how often each stretch of the kernel's code was run by the lane that ran it
  /// most often.
  std::vector<const std::vector<u32>*> warps;
  /// Distinct 32-byte sectors of global memory, by number.
  std::vector<u64> read_sectors, written_sectors;
  /// The distinct sectors that each block touches between two of its block barriers, added up: what
  /// must come from beyond L1 if L1 keeps what a block has in hand, and no more.
  u64 sectors_by_block = 0;
};

struct LaneCounter;
/// For the runtime: this lane is about to wait at a block barrier.
void meet_block(LaneCounter& lane);

/// Calls `observer` at the end of every launch that is counted; an empty one stops that.
void observe_launches(std::function<void(const LaunchRecord&)> observer);

}  // namespace fusemd::ptx
