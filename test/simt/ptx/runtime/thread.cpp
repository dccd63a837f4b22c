// SPDX-License-Identifier: MIT
// What a translated kernel's thread does through the executor. Never compiled with a checker's
// instrumentation.
#include <bit>

#include "test/simt/executor/cuda_text.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/runtime.hpp"
#include "test/simt/ptx/runtime/launch_record.hpp"
#include "test/simt/ptx/runtime/translated.hpp"

namespace fusemd::ptx {

using executor::current;
using executor::Fault;

Thread::Thread(const KernelInfo& kernel, u32* executions)
    : thread_index(executor::view->thread_index),
      block_index(executor::view->block_index),
      block_size(executor::view->block_size),
      grid_size(executor::view->grid_size),
      lane(executor::lane()),
      shared(executor::shared_base()),
      kernel_(kernel),
      executions_(executions),
      counter_(begin_lane(kernel)) {
  static_assert(kSharedWindow == executor::kArenaBytes);
  const std::size_t threads = std::size_t{block_size.x} * block_size.y * block_size.z;
  if (kernel.max_threads != 0 && threads > kernel.max_threads) {
    // CUDA refuses such a launch.
    executor::fail(Fault::outside_launch_bounds,
                   "%s is compiled for at most %u threads a block and was launched with %zu",
                   kernel.name, kernel.max_threads, threads);
  }
}

Thread::~Thread() {
  if (counter_ != nullptr) end_lane(*counter_, executions_);
}

// --- shared memory
// ---------------------------------------------------------------------------------

u32 Thread::shared_variable(const void* tag, const char* name, u32 bytes, u32 alignment) const {
  const auto* object =
      static_cast<const char*>(executor::shared_object_address(tag, name, bytes, alignment));
  return static_cast<u32>(object - shared);
}

u32 Thread::dynamic_shared() const {
  const std::size_t bytes = current->block->grid->shape.shared_bytes;
  return static_cast<u32>(static_cast<const char*>(executor::dynamic_shared(0, bytes)) - shared);
}

// --- the cluster
// ---------------------------------------------------------------------------------------

u32 Thread::cluster_rank() const { return executor::cluster_rank(); }
u32 Thread::cluster_size() const { return executor::cluster_size(); }

u32 Thread::cluster_map(u32 address, u32 rank) const {
  if (address >= kSharedWindow) bad_shared_address(address);
  return (rank + 1) * static_cast<u32>(kSharedWindow) + address;
}

char* Thread::cluster_address(u32 address) const {
  const u32 window = address / static_cast<u32>(kSharedWindow);
  const u32 offset = address % static_cast<u32>(kSharedWindow);
  return window == 0 ? shared + offset : executor::cluster_shared_base(window - 1) + offset;
}

void Thread::cluster_arrive(Site site) {
  if (counter_ != nullptr) meet_warp(*counter_);
  executor::cluster_arrive(site);
}
void Thread::cluster_wait(Site site) { executor::cluster_wait(site); }

// --- asynchronous copies
// ---------------------------------------------------------------------------

void Thread::copy_async(char* target,
                        const char* source,
                        u32 bytes,
                        u32 load_site,
                        u32 store_site) {
  if (counter_ != nullptr) {
    count(source, load_site, bytes);
    count(target, store_site, bytes);
  }
  executor::copy_async(target, source, bytes);
}
void Thread::copy_async_commit() { executor::copy_async_commit(); }
void Thread::copy_async_wait(u32 groups_left) { executor::copy_async_wait(groups_left); }
void Thread::copy_async_wait_all() {
  executor::copy_async_commit();
  executor::copy_async_wait(0);
}

// --- threads together
// ------------------------------------------------------------------------------

void Thread::barrier(Site site) {
  if (counter_ != nullptr) meet_block(*counter_);
  executor::block_barrier(site);
}
u32 Thread::barrier_popc(bool predicate, Site site) {
  if (counter_ != nullptr) meet_block(*counter_);
  return static_cast<u32>(executor::block_vote(executor::Vote::count, predicate ? 1 : 0, site));
}
bool Thread::barrier_and(bool predicate, Site site) {
  if (counter_ != nullptr) meet_block(*counter_);
  return executor::block_vote(executor::Vote::all, predicate ? 1 : 0, site) != 0;
}
bool Thread::barrier_or(bool predicate, Site site) {
  if (counter_ != nullptr) meet_block(*counter_);
  return executor::block_vote(executor::Vote::any, predicate ? 1 : 0, site) != 0;
}

void Thread::warp_barrier(u32 mask, Site site) {
  meet(mask);
  executor::collective(mask, executor::Collective::syncwarp, site, nullptr, nullptr);
}

/// c holds a segment mask (bits 8-12) and a clamp (bits 0-4): the lanes of a segment share the bits
/// of the mask, and sources beyond the clamp, or before it for .up, are out of range.
std::pair<u32, bool> Thread::shuffle(Shuffle mode, u32 word, u32 b, u32 c, u32 mask, Site site) {
  const u32 segment = c >> 8 & 31;
  const u32 clamp = c & 31;
  const u32 by = b & 31;
  const u32 last = (lane & segment) | (clamp & ~segment);
  const u32 first = lane & segment;
  s64 source = 0;
  bool inside = false;
  switch (mode) {
    case Shuffle::up:
      source = s64{lane} - by;
      inside = source >= s64{last};
      break;
    case Shuffle::down:
      source = s64{lane} + by;
      inside = source <= s64{last};
      break;
    case Shuffle::bfly:
      source = lane ^ by;
      inside = source <= s64{last};
      break;
    case Shuffle::idx:
      source = first | (by & ~segment);
      inside = source <= s64{last};
      break;
  }
  meet(mask);
  executor::ShufflePayload payload{word, inside ? static_cast<u32>(source) : lane};
  executor::collective(mask, executor::Collective::shuffle, site, &payload,
                       executor::combine_shuffle);
  return {static_cast<u32>(payload.bits), inside};
}

u32 Thread::vote_ballot(bool predicate, u32 mask, Site site) {
  meet(mask);
  u64 payload = predicate ? 1 : 0;
  executor::collective(mask, executor::Collective::ballot, site, &payload,
                       executor::combine_ballot);
  return static_cast<u32>(payload);
}

u32 Thread::match_any(u64 value, u32 mask, Site site) {
  meet(mask);
  u64 payload = value;
  executor::collective(mask, executor::Collective::match, site, &payload, executor::combine_match);
  return static_cast<u32>(payload);
}

namespace {

void combine_gather(std::uint32_t mask, void* const* payloads) {
  std::array<u64, executor::kLanes> words{};
  for (u32 rest = mask; rest != 0; rest &= rest - 1) {
    const auto l = static_cast<std::size_t>(std::countr_zero(rest));
    words[l] = (*static_cast<std::array<u64, executor::kLanes>*>(payloads[l]))[l];
  }
  for (u32 rest = mask; rest != 0; rest &= rest - 1) {
    const auto l = static_cast<std::size_t>(std::countr_zero(rest));
    *static_cast<std::array<u64, executor::kLanes>*>(payloads[l]) = words;
  }
}

}  // namespace

void Thread::gather(u64 word, u32 mask, Site site, std::array<u64, executor::kLanes>& words) {
  meet(mask);
  words[lane] = word;
  executor::collective(mask, executor::Collective::ballot, site, &words, combine_gather);
}

void Thread::mma_m16n8k8_tf32(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2], Site site) {
  meet(~0u);
  executor::mma_m16n8k8_tf32(d, a, b, site);
}

// --- ends
// ------------------------------------------------------------------------------------------

void Thread::relax(Site site) { executor::relax(site); }

void Thread::meet(u32 mask) {
  if (counter_ != nullptr && (current->block->warps[current->warp].alive & ~mask) == 0) {
    meet_warp(*counter_);
  }
}

void Thread::count(const char* address, u32 site, u32 bytes) {
  count_access(*counter_, address, kernel_.sites[site], site, bytes);
}

void Thread::trap(Site site) const {
  executor::fail(Fault::trap, "block %u thread %u reaches a trap at %s:%u", current->block->index,
                 current->index, site.file, site.line);
}
void Thread::division_by_zero(Site site) const {
  executor::fail(Fault::trap, "block %u thread %u divides an integer by zero at %s:%u",
                 current->block->index, current->index, site.file, site.line);
}
void Thread::bad_shared_address(u64 offset) const {
  executor::fail(Fault::shared_out_of_bounds,
                 "block %u thread %u: shared address %#llx lies outside any shared memory",
                 current->block->index, current->index, static_cast<unsigned long long>(offset));
}
void Thread::misaligned(const char* address, u32 site) const {
  const AccessSite& place = kernel_.sites[site];
  executor::fail(Fault::misaligned, "block %u thread %u: access of %u bytes to %p at %s:%u",
                 current->block->index, current->index, place.bytes,
                 static_cast<const void*>(address), place.file, place.line);
}

}  // namespace fusemd::ptx
