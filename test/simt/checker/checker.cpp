// SPDX-License-Identifier: MIT
// The observer that judges every access of kernel text: where it goes, whether the bytes hold a
// value, whether it races. hooks.cpp feeds it what the compiler's instrumentation sees, the
// executor what it does itself.
#include "test/simt/checker/checker.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "test/simt/checker/counters.hpp"
#include "test/simt/checker/shadow.hpp"
#include "test/simt/checker/source_lines.hpp"
#include "test/simt/executor/addresses.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/runtime.hpp"

namespace fusemd::checker {

using executor::AtomicKind;
using executor::Block;
using executor::current;
using executor::Fault;
using executor::Fiber;
using executor::Finding;
using executor::Order;
using executor::SharedObject;

namespace {

std::uint32_t counter_of(const void* pc) {
  // A return address is the instruction after the call.
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pc) - 1);
}

/// A device buffer as the checker needs it.
struct Buffer {
  const char* begin;
  const char* end;
  InitialisedBytes initialised;
};

struct RawFinding {
  Fault fault;
  std::string what;  ///< up to the place of the access
  std::uint32_t pc;
  std::string other;  ///< up to the place of the other access; empty if there is none
  std::uint32_t other_pc;
};

struct AccessKind {
  bool write;
  bool atomic;
};

class Checker final : public executor::Observer {
 public:
  Checker() { executor::observer = this; }

  // --- launches and blocks

  void launch_begins(executor::Grid&) override {
    ++launch_;
    accesses_ = 0;
    synchronising_.clear();
  }

  std::vector<Finding> launch_ends() override {
    TrafficCount::end_of_blocks();
    std::vector<std::uint32_t> counters;
    for (const RawFinding& finding : findings_) {
      counters.push_back(finding.pc);
      if (!finding.other.empty()) counters.push_back(finding.other_pc);
    }
    const auto lines = source_lines(counters);
    std::vector<Finding> result;
    for (const RawFinding& finding : findings_) {
      std::string text = finding.what + lines.at(finding.pc);
      if (!finding.other.empty()) text += finding.other + lines.at(finding.other_pc);
      result.push_back({finding.fault, std::move(text)});
    }
    findings_.clear();
    return result;
  }

  void block_begins(Block& block) override {
    auto* clocks = new BlockClocks(block.warps.size());
    clocks->shared_generation = ++blocks_;
    block.clocks = clocks;
  }

  void block_ends(Block& block) override {
    delete static_cast<BlockClocks*>(block.clocks);
    block.clocks = nullptr;
  }

  void shared_declared(Block&, const SharedObject&) override {}

  void block_barrier_completed(Block& block) override {
    join_block(*static_cast<BlockClocks*>(block.clocks));
  }

  void cluster_barrier_completed(std::span<Block> blocks) override { join_cluster(blocks); }

  void warp_synchronised(Block& block, unsigned warp, std::uint32_t mask) override {
    join_warp(*static_cast<BlockClocks*>(block.clocks), warp, mask);
  }

  // --- device memory

  void memory_allocated(const void* memory, std::size_t bytes) override {
    const auto* begin = static_cast<const char*>(memory);
    buffers_.emplace(begin, Buffer{begin, begin + bytes, InitialisedBytes(bytes)});
    recent_.fill(nullptr);
  }

  void memory_released(const void* memory) override {
    const auto found = buffers_.find(static_cast<const char*>(memory));
    device_words_.erase(reinterpret_cast<std::uintptr_t>(found->second.begin),
                        reinterpret_cast<std::uintptr_t>(found->second.end));
    buffers_.erase(found);
    recent_.fill(nullptr);
  }

  void memory_written(const void* memory, std::size_t bytes) override {
    Buffer* buffer = find_buffer(static_cast<const char*>(memory));
    buffer->initialised.set(
        static_cast<std::size_t>(static_cast<const char*>(memory) - buffer->begin), bytes, true);
  }

  void forget(const void* address, std::size_t bytes) override {
    for_each_shared_word(address, bytes, [](Word& word, std::uint8_t mask) {
      word.initialised &= static_cast<std::uint8_t>(~mask);
    });
  }

  // --- accesses

  void access(const void* address, std::size_t bytes, bool write, const void* pc) override {
    judge(address, bytes, {write, false}, counter_of(pc));
  }

  void atomic_access(const void* word,
                     std::size_t bytes,
                     AtomicKind kind,
                     Order order,
                     const void* pc) override {
    // First what the word says is taken in: an acquiring load is ordered after the release it
    // reads.
    synchronising_.access(word, kind, order, *current);
    judge(word, bytes, {kind != AtomicKind::load, true}, counter_of(pc));
  }

 private:
  void judge(const void* address, std::size_t bytes, AccessKind kind, std::uint32_t pc) {
    if (++accesses_ > executor::config().max_accesses) {
      report_and_stop(Fault::runaway, address, bytes, kind, pc);
    }
    const Fiber& fiber = *current;
    const auto* first = static_cast<const char*>(address);
    if (within(first, bytes, fiber.stack, executor::kStackBytes)) return;
    if (within(first, bytes, fiber.block->arena, executor::kArenaBytes)) {
      judge_shared(first, bytes, kind, pc, *fiber.block);
    } else if (executor::is_device_address(address)) {
      judge_device(first, bytes, kind, pc);
    } else if (const Block* owner = executor::shared_memory_owner(first)) {
      judge_shared(first, bytes, kind, pc, *owner);
    } else {
      Fault fault{};
      if (executor::is_fault(executor::classify(address, bytes), kind.write, fault)) {
        report_and_stop(fault, address, bytes, kind, pc);
      }
    }
  }

  static bool within(const char* first, std::size_t bytes, const char* begin, std::size_t size) {
    return first >= begin && first + bytes <= begin + size;
  }

  /// `owner`: the block whose shared memory it is.
  void judge_shared(const char* first,
                    std::size_t bytes,
                    AccessKind kind,
                    std::uint32_t pc,
                    const Block& owner) {
    if (executor::classify(first, bytes) != executor::Region::shared) {
      report_and_stop(Fault::shared_out_of_bounds, first, bytes, kind, pc);
    }
    bool initialised = true;
    for_each_word(shared_words_, generation_of(owner), first, bytes,
                  [&](Word& word, std::uint8_t mask) {
                    initialised &= (word.initialised & mask) == mask;
                    if (kind.write) word.initialised |= mask;
                  });
    // An atomic update reads too.
    if (!initialised && (!kind.write || kind.atomic)) {
      report(Fault::uninitialised_shared, first, bytes, kind, pc);
    }
    enter(shared_words_, generation_of(owner), first, bytes, kind, pc);
    count(first, bytes, Space::shared, kind, pc);
  }

  void judge_device(const char* first, std::size_t bytes, AccessKind kind, std::uint32_t pc) {
    Buffer* buffer = find_buffer(first);
    if (buffer == nullptr || first + bytes > buffer->end) {
      report_and_stop(Fault::global_out_of_bounds, first, bytes, kind, pc);
    }
    const auto offset = static_cast<std::size_t>(first - buffer->begin);
    if ((!kind.write || kind.atomic) && !buffer->initialised.all(offset, bytes)) {
      report(Fault::uninitialised_global, first, bytes, kind, pc);
    }
    if (kind.write) buffer->initialised.set(offset, bytes, true);
    enter(device_words_, launch_, first, bytes, kind, pc);
    count(first, bytes, Space::global, kind, pc);
  }

  static void count(const char* first,
                    std::size_t bytes,
                    Space space,
                    AccessKind kind,
                    std::uint32_t pc) {
    const Fiber& fiber = *current;
    TrafficCount::record(pc, first, bytes, space, kind.write,
                         std::uint64_t{fiber.block->index} << 32 | fiber.warp, fiber.lane);
  }

  static std::uint32_t generation_of(const Block& block) {
    return static_cast<const BlockClocks*>(block.clocks)->shared_generation;
  }

  /// visit(word, mask of its bytes) for every word of [first, first + bytes).
  template <class Visit>
  static void for_each_word(PageTable& table,
                            std::uint32_t generation,
                            const char* first,
                            std::size_t bytes,
                            Visit visit) {
    const auto begin = reinterpret_cast<std::uintptr_t>(first);
    const std::uintptr_t end = begin + bytes;
    for (std::uintptr_t at = begin & ~std::uintptr_t{3}; at < end; at += 4) {
      const std::uintptr_t from = std::max(at, begin) - at;
      const std::uintptr_t to = std::min(at + 4, end) - at;
      Word& word = table.word(at);
      if (word.generation != generation) word.start(generation);
      visit(word, static_cast<std::uint8_t>((1u << to) - (1u << from)));
    }
  }

  template <class Visit>
  void for_each_shared_word(const void* first, std::size_t bytes, Visit visit) {
    for_each_word(shared_words_, generation_of(*current->block), static_cast<const char*>(first),
                  bytes, visit);
  }

  void enter(PageTable& table,
             std::uint32_t generation,
             const char* first,
             std::size_t bytes,
             AccessKind kind,
             std::uint32_t pc) {
    const Fiber& fiber = *current;
    Trace now{stamp_of(fiber), 1u << fiber.lane, pc, 0, kind.atomic, kind.write};
    for_each_word(table, generation, first, bytes, [&](Word& word, std::uint8_t mask) {
      now.bytes = mask;
      if (const std::optional<Race> race = enter_access(word, now, fiber)) {
        report_race(*race, first, bytes, kind, pc);
      }
    });
  }

  Buffer* find_buffer(const char* address) {
    constexpr std::uintptr_t kPage = 4096;
    Buffer*& slot = recent_[reinterpret_cast<std::uintptr_t>(address) / kPage % recent_.size()];
    if (slot != nullptr && address >= slot->begin && address < slot->end) return slot;
    auto after = buffers_.upper_bound(address);
    if (after == buffers_.begin()) return nullptr;
    Buffer& buffer = std::prev(after)->second;
    if (address >= buffer.end) return nullptr;
    return slot = &buffer;
  }

  // --- reports

  static std::string access_text(const void* address,
                                 std::size_t bytes,
                                 AccessKind kind,
                                 const Fiber& fiber) {
    return std::string(kind.atomic ? "atomic " : "") + (kind.write ? "write" : "read") + " of " +
           std::to_string(bytes) + " bytes at " + executor::describe_address(address) +
           " by block " + std::to_string(fiber.block->index) + " thread " +
           std::to_string(fiber.index) + " in ";
  }

  bool is_new(Fault fault, std::uint32_t pc, std::uint32_t other_pc) const {
    return findings_.size() < executor::config().max_findings &&
           std::none_of(findings_.begin(), findings_.end(), [=](const RawFinding& known) {
             return known.fault == fault && known.pc == pc && known.other_pc == other_pc;
           });
  }

  void report(Fault fault,
              const void* address,
              std::size_t bytes,
              AccessKind kind,
              std::uint32_t pc) {
    if (!is_new(fault, pc, 0)) return;
    findings_.push_back({fault, access_text(address, bytes, kind, *current), pc, "", 0});
  }

  [[noreturn]] void report_and_stop(Fault fault,
                                    const void* address,
                                    std::size_t bytes,
                                    AccessKind kind,
                                    std::uint32_t pc) {
    findings_.push_back({fault, access_text(address, bytes, kind, *current), pc, "", 0});
    executor::abandon_launch();
  }

  void report_race(const Race& race,
                   const void* address,
                   std::size_t bytes,
                   AccessKind kind,
                   std::uint32_t pc) {
    const Trace& trace = race.trace;
    if (!is_new(Fault::race, pc, trace.pc)) return;
    const std::uint32_t thread = trace.stamp.warp * executor::kLanes + race.lane;
    findings_.push_back({Fault::race, access_text(address, bytes, kind, *current), pc,
                         std::string(", not ordered with the ") + (trace.atomic ? "atomic " : "") +
                             (trace.write ? "write" : "read") + " by block " +
                             std::to_string(trace.stamp.block) + " thread " +
                             std::to_string(thread) + " in ",
                         trace.pc});
  }

  std::uint32_t launch_ = 0;
  std::uint32_t blocks_ = 0;  ///< begun so far
  std::uint64_t accesses_ = 0;
  std::map<const char*, Buffer> buffers_;
  std::array<Buffer*, 64> recent_{};
  PageTable device_words_;
  PageTable shared_words_;
  SynchronisingWords synchronising_;
  std::vector<RawFinding> findings_;
};

/// Never destroyed: device memory may be released by other static objects' destructors.
Checker& checker() {
  static Checker* const instance = new Checker;
  return *instance;
}

[[maybe_unused]] const Checker& installed = checker();

}  // namespace

void instrumented_access(const void* address, std::size_t bytes, bool write, const void* pc) {
  if (!executor::in_kernel) return;
  const executor::RuntimeScope runtime;
  constexpr unsigned kPreemptOneIn = 256;
  executor::maybe_preempt(kPreemptOneIn);
  checker().access(address, bytes, write, pc);
}

}  // namespace fusemd::checker
