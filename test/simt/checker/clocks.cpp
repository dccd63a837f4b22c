// SPDX-License-Identifier: MIT
#include "test/simt/checker/clocks.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fusemd::checker {

using executor::AtomicKind;
using executor::Fiber;
using executor::kLanes;
using executor::Order;

namespace {

BlockClocks& clocks_of(const Fiber& fiber) {
  return *static_cast<BlockClocks*>(fiber.block->clocks);
}

const Knowledge::BlockEpoch* find_epoch(const Knowledge& knowledge, std::uint32_t block) {
  const auto found =
      std::lower_bound(knowledge.epochs.begin(), knowledge.epochs.end(), block,
                       [](const auto& entry, std::uint32_t key) { return entry.block < key; });
  return found != knowledge.epochs.end() && found->block == block ? &*found : nullptr;
}

const Knowledge::WarpClocks* find_warp(const Knowledge& knowledge,
                                       std::uint32_t block,
                                       std::uint32_t warp) {
  const auto found = std::lower_bound(
      knowledge.warps.begin(), knowledge.warps.end(), std::pair(block, warp),
      [](const auto& entry, const auto& key) { return std::pair(entry.block, entry.warp) < key; });
  return found != knowledge.warps.end() && found->block == block && found->warp == warp ? &*found
                                                                                        : nullptr;
}

void raise(LaneClocks& clocks, const LaneClocks& other) {
  for (unsigned l = 0; l < kLanes; ++l) clocks[l] = std::max(clocks[l], other[l]);
}

/// Both together. Lane clocks that an epoch covers already are left out.
Knowledge joined(const Knowledge& a, const Knowledge& b) {
  Knowledge result;
  result.epochs.reserve(a.epochs.size() + b.epochs.size());
  auto add_epoch = [&result](const Knowledge::BlockEpoch& entry) {
    if (!result.epochs.empty() && result.epochs.back().block == entry.block) {
      std::uint32_t& epoch = result.epochs.back().epoch;
      epoch = std::max(epoch, entry.epoch);
    } else {
      result.epochs.push_back(entry);
    }
  };
  auto x = a.epochs.begin();
  auto y = b.epochs.begin();
  while (x != a.epochs.end() || y != b.epochs.end()) {
    const bool from_a = y == b.epochs.end() || (x != a.epochs.end() && x->block <= y->block);
    add_epoch(from_a ? *x++ : *y++);
  }
  auto add_warp = [&result](const Knowledge::WarpClocks& entry) {
    const Knowledge::BlockEpoch* covered = find_epoch(result, entry.block);
    if (covered != nullptr && covered->epoch > entry.epoch) return;
    if (!result.warps.empty() && result.warps.back().block == entry.block &&
        result.warps.back().warp == entry.warp) {
      raise(result.warps.back().clocks, entry.clocks);
      result.warps.back().epoch = std::max(result.warps.back().epoch, entry.epoch);
    } else {
      result.warps.push_back(entry);
    }
  };
  auto u = a.warps.begin();
  auto v = b.warps.begin();
  const auto key = [](const auto& entry) { return std::pair(entry.block, entry.warp); };
  while (u != a.warps.end() || v != b.warps.end()) {
    const bool from_a = v == b.warps.end() || (u != a.warps.end() && key(*u) <= key(*v));
    add_warp(from_a ? *u++ : *v++);
  }
  return result;
}

KnowledgePointer join(const KnowledgePointer& a, const KnowledgePointer& b) {
  if (a == nullptr || a == b) return b;
  if (b == nullptr) return a;
  return std::make_shared<const Knowledge>(joined(*a, *b));
}

/// What a release by this thread publishes: its own past, its block's earlier epochs, what it
/// acquired.
KnowledgePointer published_by(const Fiber& fiber) {
  const BlockClocks& clocks = clocks_of(fiber);
  const BlockClocks::Warp& warp = clocks.warps[fiber.warp];
  Knowledge own;
  own.epochs.push_back({fiber.block->index, clocks.epoch});
  own.warps.push_back({fiber.block->index, fiber.warp, clocks.epoch, warp.clocks[fiber.lane]});
  return join(std::make_shared<const Knowledge>(std::move(own)), warp.acquired[fiber.lane]);
}

}  // namespace

BlockClocks::BlockClocks(std::size_t warp_count) : warps(warp_count) {
  // A lane's own clock starts above what the others know of it, or its first accesses would look
  // ordered.
  for (Warp& warp : warps) {
    for (unsigned l = 0; l < kLanes; ++l) warp.clocks[l][l] = 1;
  }
}

Stamp stamp_of(const Fiber& fiber) {
  const BlockClocks& clocks = clocks_of(fiber);
  return {fiber.block->index, clocks.epoch, fiber.warp,
          clocks.warps[fiber.warp].clocks[fiber.lane][fiber.lane]};
}

bool ordered_before(const Stamp& stamp, unsigned lane, const Fiber& now) {
  const BlockClocks& clocks = clocks_of(now);
  const BlockClocks::Warp& warp = clocks.warps[now.warp];
  if (stamp.block == now.block->index) {
    if (stamp.epoch < clocks.epoch) return true;
    if (stamp.warp == now.warp) {
      return lane == now.lane || stamp.clock <= warp.clocks[now.lane][lane];
    }
  }
  const KnowledgePointer& acquired = warp.acquired[now.lane];
  if (acquired == nullptr) return false;
  const Knowledge::BlockEpoch* block = find_epoch(*acquired, stamp.block);
  if (block != nullptr && stamp.epoch < block->epoch) return true;
  const Knowledge::WarpClocks* other = find_warp(*acquired, stamp.block, stamp.warp);
  return other != nullptr && stamp.clock <= other->clocks[lane];
}

void join_block(BlockClocks& clocks) {
  ++clocks.epoch;
  if (!clocks.anything_acquired) return;
  KnowledgePointer all;
  for (const BlockClocks::Warp& warp : clocks.warps) {
    for (const KnowledgePointer& acquired : warp.acquired) all = join(all, acquired);
  }
  for (BlockClocks::Warp& warp : clocks.warps) warp.acquired.fill(all);
}

void join_cluster(std::span<executor::Block> blocks) {
  Knowledge epochs;
  KnowledgePointer all;
  for (executor::Block& block : blocks) {
    auto& clocks = *static_cast<BlockClocks*>(block.clocks);
    join_block(clocks);
    epochs.epochs.push_back({block.index, clocks.epoch});
    if (clocks.anything_acquired) all = join(all, clocks.warps.front().acquired.front());
  }
  std::ranges::sort(epochs.epochs, {}, &Knowledge::BlockEpoch::block);
  all = join(all, std::make_shared<const Knowledge>(std::move(epochs)));
  for (executor::Block& block : blocks) {
    auto& clocks = *static_cast<BlockClocks*>(block.clocks);
    clocks.anything_acquired = true;
    for (BlockClocks::Warp& warp : clocks.warps) warp.acquired.fill(all);
  }
}

void join_warp(BlockClocks& clocks, unsigned warp_index, std::uint32_t mask) {
  BlockClocks::Warp& warp = clocks.warps[warp_index];
  LaneClocks most{};
  KnowledgePointer all;
  for (unsigned l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    raise(most, warp.clocks[l]);
    all = join(all, warp.acquired[l]);
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    warp.clocks[l] = most;
    ++warp.clocks[l][l];
    warp.acquired[l] = all;
  }
}

void SynchronisingWords::access(const void* word,
                                AtomicKind kind,
                                Order order,
                                const Fiber& fiber) {
  const bool acquires =
      kind != AtomicKind::store && (order == Order::acquire || order == Order::acq_rel);
  const bool releases =
      kind != AtomicKind::load && (order == Order::release || order == Order::acq_rel);
  BlockClocks& clocks = clocks_of(fiber);
  BlockClocks::Warp& warp = clocks.warps[fiber.warp];
  const auto known = words_.find(word);
  if (acquires && known != words_.end() && known->second != nullptr) {
    warp.acquired[fiber.lane] = join(warp.acquired[fiber.lane], known->second);
    clocks.anything_acquired = true;
  }
  if (releases) {
    const KnowledgePointer published = published_by(fiber);
    // An update carries on what earlier releases gave the word; a store replaces it.
    words_[word] = kind == AtomicKind::update && known != words_.end()
                       ? join(known->second, published)
                       : published;
    ++warp.clocks[fiber.lane][fiber.lane];  // what follows is not published
  } else if (kind == AtomicKind::store && known != words_.end()) {
    known->second = nullptr;
  }
}

}  // namespace fusemd::checker
