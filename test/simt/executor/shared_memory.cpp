// SPDX-License-Identifier: MIT
// A block's shared memory: an arena in which every object lies between red zones. Dynamic pieces
// grow from its start (translated PTX, which knows one dynamic array, finds it at offset 0), static
// objects from its middle.
#include "test/simt/executor/shared_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/scheduler.hpp"

namespace fusemd::executor {

namespace {

constexpr std::size_t kStaticStart = kArenaBytes / 2;
constexpr std::size_t kShadowGranule = 8;  // AddressSanitizer hides whole granules only

std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Poisons [from, to), puts the object into it and opens the object.
SharedObject& add_object(Block& block, SharedObject object, std::size_t zone_begin) {
  char* begin = block.arena + zone_begin;
  const std::size_t zone_bytes = static_cast<std::size_t>(object.memory - begin) +
                                 round_up(object.bytes, kShadowGranule) + kRedZone;
  show(begin, zone_bytes);
  std::memset(begin, kPoison, zone_bytes);
  hide(begin, zone_bytes);
  show(object.memory, object.bytes);
  block.objects.push_back(std::move(object));
  const Config& limits = config();
  std::size_t& most = statistics().shared_bytes;
  most = std::max(most, block.static_bytes + block.grid->shape.shared_bytes);
  if (block.static_bytes > limits.device.static_shared_bytes ||
      block.static_bytes + block.grid->shape.shared_bytes > limits.device.shared_bytes_per_block) {
    fail(Fault::shared_memory_layout,
         "block %u: %zu bytes of static and %zu of dynamic shared memory are over the device's "
         "limit",
         block.index, block.static_bytes, block.grid->shape.shared_bytes);
  }
  if (observer != nullptr) observer->shared_declared(block, block.objects.back());
  return block.objects.back();
}

bool all_poison(const char* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count,
                     [](char byte) { return static_cast<unsigned char>(byte) == kPoison; });
}

}  // namespace

void start_shared_memory(Block& block) {
  block.arena = take_arena();
  block.static_offset = kStaticStart;
  block.dynamic_offset = 0;
}

void end_shared_memory(Block& block) {
  hide(block.arena, kArenaBytes);
  give_arena(block.arena);
}

void check_shared_red_zones(const Block& block, std::vector<Finding>& findings) {
  if (kAddressSanitizer) return;
  for (const SharedObject& object : block.objects) {
    const std::size_t before =
        std::min(kRedZone, static_cast<std::size_t>(object.memory - block.arena));
    if (!all_poison(object.memory - before, before) ||
        !all_poison(object.memory + object.bytes, kRedZone)) {
      findings.push_back({Fault::red_zone_damaged, "block " + std::to_string(block.index) +
                                                       ": bytes beside shared " + object.name +
                                                       " (" + std::to_string(object.bytes) +
                                                       " bytes) were overwritten"});
      return;
    }
  }
}

void* shared_object_address(const void* tag,
                            const char* name,
                            std::size_t bytes,
                            std::size_t alignment) {
  const RuntimeScope runtime;
  Block& block = *current->block;
  for (const SharedObject& object : block.objects) {
    if (object.tag == tag) return object.memory;
  }
  constexpr std::size_t kLeastAlignment = 16;
  const std::size_t begin = block.static_offset;
  const std::size_t offset = round_up(begin + kRedZone, std::max(alignment, kLeastAlignment));
  block.static_bytes = round_up(block.static_bytes, alignment) + bytes;
  block.static_offset = offset + round_up(bytes, kShadowGranule) + kRedZone;
  if (block.static_offset > kArenaBytes) {
    fail(Fault::shared_memory_layout, "%zu bytes of static shared memory", block.static_bytes);
  }
  return add_object(block, {tag, name, 0, block.arena + offset, bytes}, begin).memory;
}

void* dynamic_shared(std::size_t offset, std::size_t bytes) {
  const RuntimeScope runtime;
  Block& block = *current->block;
  const std::size_t given = block.grid->shape.shared_bytes;
  if (offset > given || bytes > given - offset) {
    fail(Fault::shared_memory_layout,
         "block %u thread %u takes bytes %zu to %zu of dynamic shared memory, the launch gave %zu",
         block.index, current->index, offset, offset + bytes, given);
  }
  if (bytes == 0) return block.arena;
  for (const SharedObject& object : block.objects) {
    if (object.tag != nullptr || object.key != offset) continue;
    if (object.bytes != bytes) {
      fail(Fault::shared_memory_layout,
           "block %u thread %u takes %zu bytes at offset %zu of dynamic shared memory, another "
           "thread took %zu there",
           block.index, current->index, bytes, offset, object.bytes);
    }
    return object.memory;
  }
  // The first piece starts at the arena's first byte; the others follow a red zone.
  const std::size_t begin = block.dynamic_offset;
  constexpr std::size_t kAlignment = 16;
  const std::size_t start = begin == 0 ? 0 : round_up(begin, kAlignment);
  block.dynamic_offset = start + round_up(bytes, kShadowGranule) + kRedZone;
  return add_object(block,
                    {nullptr, "dynamic piece at offset " + std::to_string(offset), offset,
                     block.arena + start, bytes},
                    begin)
      .memory;
}

char* shared_base() { return current->block->arena; }

// --- the shared memory of a cluster's other blocks
// ---------------------------------------------------

namespace {

Block& block_of_rank(unsigned rank) {
  const std::span<Block> blocks = blocks_of_cluster(*current->block);
  if (rank >= blocks.size()) {
    fail(Fault::cluster_misuse, "block %u thread %u: there is no block %u in a cluster of %zu",
         current->block->index, current->index, rank, blocks.size());
  }
  Block& block = blocks[rank];
  // Whether it has is the schedule's choice, which a barrier takes away.
  if (&block != current->block && !current->block->cluster->begun) {
    fail(Fault::cluster_misuse,
         "block %u thread %u goes to the shared memory of block %u, which need not have begun: no "
         "cluster barrier was completed yet",
         current->block->index, current->index, block.index);
  }
  if (block.alive == 0) {
    fail(Fault::cluster_misuse,
         "block %u thread %u goes to the shared memory of block %u, which has ended",
         current->block->index, current->index, block.index);
  }
  return block;
}

}  // namespace

Block* shared_memory_owner(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  for (Block& block : blocks_of_cluster(*current->block)) {
    const auto begin = reinterpret_cast<std::uintptr_t>(block.arena);
    if (at >= begin && at - begin < kArenaBytes) return &block;
  }
  return nullptr;
}

void* cluster_address(const void* own, unsigned rank) {
  const RuntimeScope runtime;
  const Block& target = block_of_rank(rank);
  const auto* at = static_cast<const char*>(own);
  for (const SharedObject& object : current->block->objects) {
    if (at < object.memory || at >= object.memory + object.bytes) continue;
    for (const SharedObject& other : target.objects) {
      if (other.tag == object.tag && other.key == object.key) {
        return other.memory + (at - object.memory);
      }
    }
    fail(Fault::cluster_misuse,
         "block %u thread %u goes to shared %s of block %u, which has not come to it yet",
         current->block->index, current->index, object.name.c_str(), target.index);
  }
  fail(Fault::shared_out_of_bounds, "block %u thread %u: no shared memory to find in block %u",
       current->block->index, current->index, target.index);
}

char* cluster_shared_base(unsigned rank) { return block_of_rank(rank).arena; }

}  // namespace fusemd::executor
