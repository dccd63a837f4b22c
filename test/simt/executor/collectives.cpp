// SPDX-License-Identifier: MIT
// Where threads wait for each other: the block's barrier and its votes, and the warp's collectives.
#include <algorithm>
#include <bit>

#include "test/simt/executor/barriers.hpp"
#include "test/simt/executor/cuda_text.hpp"
#include "test/simt/executor/scheduler.hpp"

namespace fusemd::executor {

namespace {

// --- the block's barrier
// -----------------------------------------------------------------------------

void complete_block_barrier(Block& block) {
  block.vote_result = {block.votes > 0 ? 1 : 0, block.votes == block.voters ? 1 : 0,
                       static_cast<int>(block.votes)};
  if (!block.barrier_unordered) {
    note_visited(BarrierKind::block, block.barrier_site);
    if (observer != nullptr) observer->block_barrier_completed(block);
  }
  block.arrived = block.votes = block.voters = 0;
  block.barrier_unordered = false;
  ++statistics().block_barriers;
  note_progress();
  for (Fiber& fiber : block.fibers) {
    if (fiber.waiting == Waiting::block_barrier) wake(fiber);
  }
}

void arrive_at_block_barrier(Site site, bool predicate, bool unordered) {
  Fiber& fiber = *current;
  Block& block = *fiber.block;
  if (block.arrived > 0 && !same_site(block.barrier_site, site)) {
    fail(Fault::divergent_barrier,
         "block %u: thread %u is at the barrier %s:%u while %u threads wait at %s:%u", block.index,
         fiber.index, site.file, site.line, block.arrived, block.barrier_site.file,
         block.barrier_site.line);
  }
  block.barrier_site = fiber.site = site;
  block.barrier_unordered |= unordered || fiber.unordered > 0;
  block.votes += predicate ? 1 : 0;
  ++block.voters;
  note_progress();
  if (++block.arrived == block.alive) {
    complete_block_barrier(block);
  } else {
    park(Waiting::block_barrier);
  }
}

}  // namespace

void block_barrier(Site site) {
  const RuntimeScope runtime;
  const std::optional<Cut> cut = cut_at(site);
  if (cut == Cut::removed) return;
  arrive_at_block_barrier(site, false, cut.has_value());
}

int block_vote(Vote vote, int predicate, Site site) {
  const RuntimeScope runtime;
  arrive_at_block_barrier(site, predicate != 0, cut_at(site).has_value());
  return current->block->vote_result[static_cast<std::size_t>(vote)];
}

// --- the cluster's barrier
// ---------------------------------------------------------------------------

std::span<Block> blocks_of_cluster(Block& block) {
  Grid& grid = *block.grid;
  if (block.cluster == nullptr) return {&block, 1};
  const std::size_t size = grid.shape.cluster;
  const auto first = static_cast<std::size_t>(block.cluster - grid.clusters.data()) * size;
  return std::span(grid.blocks).subspan(first, size);
}

namespace {

Cluster& own_cluster(Site site) {
  Cluster* cluster = current->block->cluster;
  if (cluster == nullptr) {
    fail(Fault::cluster_misuse, "block %u thread %u: %s:%u needs a launch with clusters",
         current->block->index, current->index, site.file, site.line);
  }
  return *cluster;
}

void complete_cluster_barrier(Block& any) {
  Cluster& cluster = *any.cluster;
  const std::span<Block> blocks = blocks_of_cluster(any);
  if (!cluster.unordered) {
    cluster.begun = true;
    note_visited(BarrierKind::grid, cluster.site);
    if (observer != nullptr) observer->cluster_barrier_completed(blocks);
  }
  cluster.arrived = 0;
  cluster.unordered = false;
  ++cluster.phase;
  statistics().grid_barriers += blocks.size();
  note_progress();
  for (Block& block : blocks) {
    for (Fiber& fiber : block.fibers) {
      if (fiber.waiting == Waiting::cluster_barrier) wake(fiber);
    }
  }
}

void arrive_at_cluster_barrier(Site site, bool unordered) {
  Fiber& fiber = *current;
  Cluster& cluster = own_cluster(site);
  if (fiber.at_cluster_barrier) {
    fail(Fault::cluster_misuse,
         "block %u thread %u arrives at the cluster barrier %s:%u and has not waited at %s:%u",
         fiber.block->index, fiber.index, site.file, site.line, fiber.site.file, fiber.site.line);
  }
  if (cluster.arrived > 0 && !same_site(cluster.site, site)) {
    fail(Fault::divergent_barrier,
         "block %u: thread %u is at the cluster barrier %s:%u while %u threads are at %s:%u",
         fiber.block->index, fiber.index, site.file, site.line, cluster.arrived, cluster.site.file,
         cluster.site.line);
  }
  cluster.site = fiber.site = site;
  cluster.unordered |= unordered;
  fiber.at_cluster_barrier = true;
  fiber.cluster_phase = cluster.phase;
  note_progress();
  if (++cluster.arrived == cluster.alive) complete_cluster_barrier(*fiber.block);
}

}  // namespace

void cluster_arrive(Site site) {
  const RuntimeScope runtime;
  arrive_at_cluster_barrier(site, false);
}

void cluster_wait(Site site) {
  const RuntimeScope runtime;
  Fiber& fiber = *current;
  const Cluster& cluster = own_cluster(site);
  if (!fiber.at_cluster_barrier) {
    fail(Fault::cluster_misuse,
         "block %u thread %u waits at %s:%u for a cluster barrier where it has not arrived",
         fiber.block->index, fiber.index, site.file, site.line);
  }
  fiber.at_cluster_barrier = false;
  if (fiber.cluster_phase == cluster.phase) park(Waiting::cluster_barrier);
}

void meet_in_cluster(Site site) {
  const RuntimeScope runtime;
  const std::optional<Cut> cut = cut_at(site);
  if (cut == Cut::removed) return;
  arrive_at_cluster_barrier(site, cut.has_value());
  cluster_wait(site);
}

unsigned cluster_rank() {
  const unsigned size = current->block->grid->shape.cluster;
  return size == 0 ? 0 : current->block->index % size;
}
unsigned cluster_size() { return std::max(current->block->grid->shape.cluster, 1u); }

// --- warp collectives
// --------------------------------------------------------------------------------

namespace {

const char* collective_name(Collective kind) {
  switch (kind) {
    case Collective::syncwarp:
      return "__syncwarp";
    case Collective::shuffle:
      return "shuffle";
    case Collective::ballot:
      return "ballot";
    case Collective::match:
      return "match";
    case Collective::mma:
      return "mma";
  }
  return "collective";
}

Meeting& meeting_for(Warp& warp, std::uint32_t mask, Collective kind, Site site) {
  for (Meeting& meeting : warp.meetings) {
    if (meeting.mask == mask) return meeting;
  }
  return warp.meetings.emplace_back(Meeting{mask, 0, kind, site, false});
}

void complete_meeting(Block& block,
                      unsigned warp_index,
                      const Meeting& meeting,
                      void* own_payload,
                      Combine combine) {
  Fiber* lanes = &block.fibers[std::size_t{warp_index} * kLanes];
  if (combine != nullptr) {
    void* payloads[kLanes] = {};
    for (std::uint32_t rest = meeting.mask; rest != 0; rest &= rest - 1) {
      const auto l = static_cast<unsigned>(std::countr_zero(rest));
      payloads[l] = &lanes[l] == current ? own_payload : lanes[l].payload;
    }
    combine(meeting.mask, payloads);
  }
  if (meeting.kind == Collective::syncwarp && !meeting.unordered) {
    note_visited(BarrierKind::warp, meeting.site);
    if (observer != nullptr) observer->warp_synchronised(block, warp_index, meeting.mask);
  }
  ++statistics().collectives;
  note_progress();
  for (std::uint32_t rest = meeting.mask; rest != 0; rest &= rest - 1) {
    Fiber& fiber = lanes[std::countr_zero(rest)];
    if (&fiber != current) wake(fiber);
  }
}

}  // namespace

void collective(std::uint32_t mask, Collective kind, Site site, void* payload, Combine combine) {
  const RuntimeScope runtime;
  Fiber& fiber = *current;
  Block& block = *fiber.block;
  Warp& warp = block.warps[fiber.warp];
  const std::optional<Cut> cut = kind == Collective::syncwarp ? cut_at(site) : std::optional<Cut>{};
  if (cut == Cut::removed) return;
  if ((mask >> fiber.lane & 1) == 0) {
    fail(Fault::bad_warp_mask,
         "block %u thread %u calls %s at %s:%u with mask %08x, which leaves out its own lane %u",
         block.index, fiber.index, collective_name(kind), site.file, site.line, mask, fiber.lane);
  }
  if ((mask & ~warp.alive) != 0) {
    fail(Fault::bad_warp_mask,
         "block %u thread %u calls %s at %s:%u with mask %08x, but only lanes %08x are there",
         block.index, fiber.index, collective_name(kind), site.file, site.line, mask, warp.alive);
  }
  Meeting& meeting = meeting_for(warp, mask, kind, site);
  if (meeting.kind != kind || !same_site(meeting.site, site)) {
    fail(Fault::divergent_collective,
         "block %u warp %u: lane %u calls %s at %s:%u while lanes %08x wait at %s, %s:%u",
         block.index, fiber.warp, fiber.lane, collective_name(kind), site.file, site.line,
         meeting.arrived, collective_name(meeting.kind), meeting.site.file, meeting.site.line);
  }
  meeting.unordered |= cut.has_value() || fiber.unordered > 0;
  meeting.arrived |= 1u << fiber.lane;
  note_progress();
  if (meeting.arrived != mask) {
    fiber.payload = payload;
    fiber.site = site;
    park(Waiting::collective);
    return;
  }
  const Meeting complete = meeting;
  std::swap(meeting, warp.meetings.back());
  warp.meetings.pop_back();
  complete_meeting(block, fiber.warp, complete, payload, combine);
}

unsigned lane() { return current->lane; }

void complete_waits_after_exit(Block& block) {
  const Fiber& ended = *current;
  for (const Meeting& meeting : block.warps[ended.warp].meetings) {
    if ((meeting.mask >> ended.lane & 1) != 0) {
      fail(Fault::bad_warp_mask,
           "block %u warp %u: lane %u has ended while lanes %08x wait for it at %s, %s:%u",
           block.index, ended.warp, ended.lane, meeting.arrived, collective_name(meeting.kind),
           meeting.site.file, meeting.site.line);
    }
  }
  if (block.alive > 0 && block.arrived == block.alive) complete_block_barrier(block);
  if (block.cluster != nullptr && block.cluster->arrived > 0 &&
      block.cluster->arrived == block.cluster->alive) {
    complete_cluster_barrier(block);
  }
}

// --- what the collectives compute
// --------------------------------------------------------------------

void combine_shuffle(std::uint32_t mask, void* const* payloads) {
  std::uint64_t sent[kLanes] = {};
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int l = std::countr_zero(rest);
    sent[l] = static_cast<const ShufflePayload*>(payloads[l])->bits;
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int l = std::countr_zero(rest);
    auto& payload = *static_cast<ShufflePayload*>(payloads[l]);
    if ((mask >> payload.source & 1) == 0) {
      fail(Fault::bad_warp_mask,
           "block %u warp %u: lane %d shuffles from lane %u, which is not in the mask %08x",
           current->block->index, current->warp, l, payload.source, mask);
    }
    payload.bits = sent[payload.source];
  }
}

void combine_ballot(std::uint32_t mask, void* const* payloads) {
  std::uint64_t ballot = 0;
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int l = std::countr_zero(rest);
    ballot |= *static_cast<const std::uint64_t*>(payloads[l]) << l;
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    *static_cast<std::uint64_t*>(payloads[std::countr_zero(rest)]) = ballot;
  }
}

void combine_match(std::uint32_t mask, void* const* payloads) {
  std::uint64_t values[kLanes] = {};
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int l = std::countr_zero(rest);
    values[l] = *static_cast<const std::uint64_t*>(payloads[l]);
  }
  for (std::uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    const int l = std::countr_zero(rest);
    std::uint64_t equal = 0;
    for (std::uint32_t others = mask; others != 0; others &= others - 1) {
      const int other = std::countr_zero(others);
      if (values[other] == values[l]) equal |= std::uint64_t{1} << other;
    }
    *static_cast<std::uint64_t*>(payloads[l]) = equal;
  }
}

// --- callable barriers
// -------------------------------------------------------------------------------

CallableBarrier::CallableBarrier(Site site) {
  const RuntimeScope runtime;
  const std::optional<Cut> cut = cut_at(site);
  removed_ = cut == Cut::removed;
  unordered_ = cut == Cut::unordered;
  if (unordered_) ++current->unordered;
  if (current->index == 0) ++statistics().grid_barriers;
  if (!cut.has_value()) note_visited(BarrierKind::grid, site);
}

CallableBarrier::~CallableBarrier() {
  if (unordered_) --current->unordered;
}

}  // namespace fusemd::executor
