// SPDX-License-Identifier: MIT
#pragma once
// Which accesses happen before which, as CUDA orders them: block barriers, __syncwarp, and acquire
// and release at device scope. Shuffles, ballots and relaxed atomics order nothing.
//
// A block counts its completed barriers (its epoch). Inside an epoch each warp keeps vector clocks
// of its lanes, which __syncwarp joins. What a thread knows beyond its block it has acquired from
// some word of memory: for other blocks an epoch before which all is ordered, for other warps lane
// clocks.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "test/simt/executor/runtime.hpp"

namespace fusemd::checker {

using LaneClocks = std::array<std::uint32_t, executor::kLanes>;

/// What a release publishes and an acquire takes in. Never changed once it is shared.
struct Knowledge {
  struct BlockEpoch {
    std::uint32_t block;
    std::uint32_t epoch;  ///< everything the block did in earlier epochs is ordered before
  };
  struct WarpClocks {
    std::uint32_t block;
    std::uint32_t warp;
    std::uint32_t epoch;  ///< in which the clocks were read
    LaneClocks clocks;    ///< each lane's accesses up to its clock are ordered before
  };
  std::vector<BlockEpoch> epochs;  ///< sorted by block
  std::vector<WarpClocks> warps;   ///< sorted by block, then warp
};
using KnowledgePointer = std::shared_ptr<const Knowledge>;

/// What the checker keeps of one block.
struct BlockClocks {
  struct Warp {
    std::array<LaneClocks, executor::kLanes> clocks{};  ///< [lane][other lane]
    std::array<KnowledgePointer, executor::kLanes> acquired;
  };
  explicit BlockClocks(std::size_t warp_count);

  std::uint32_t shared_generation = 0;  ///< tells this block's shared memory from earlier blocks'
  std::uint32_t epoch = 1;
  std::vector<Warp> warps;
  bool anything_acquired = false;
};

/// When and by whom an access was made. Lanes of one warp with equal clocks share a stamp.
struct Stamp {
  std::uint32_t block;
  std::uint32_t epoch;
  std::uint32_t warp;
  std::uint32_t clock;
};

[[nodiscard]] Stamp stamp_of(const executor::Fiber& fiber);

/// Whether an access of `lane` at `stamp` happens before what the running thread does now.
[[nodiscard]] bool ordered_before(const Stamp& stamp, unsigned lane, const executor::Fiber& now);

void join_block(BlockClocks& clocks);
/// The blocks of a cluster at their barrier: what any of them did is ordered before what all do
/// now.
void join_cluster(std::span<executor::Block> blocks);
void join_warp(BlockClocks& clocks, unsigned warp, std::uint32_t mask);

/// What each word of memory that synchronises has been given by releases. One a launch.
class SynchronisingWords {
 public:
  void clear() { words_.clear(); }
  void access(const void* word,
              executor::AtomicKind kind,
              executor::Order order,
              const executor::Fiber& fiber);

 private:
  std::unordered_map<const void*, KnowledgePointer> words_;
};

}  // namespace fusemd::checker
