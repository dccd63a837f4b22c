// SPDX-License-Identifier: MIT
#include "test/simt/ptx/runtime/counters.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/runtime.hpp"
#include "test/simt/ptx/runtime/launch_record.hpp"

namespace fusemd::ptx {

namespace {

constexpr u32 kLanes = executor::kLanes;
constexpr u64 kSectorBytes = 32;
constexpr u64 kBankBytes = 4;
constexpr u64 kBanks = 32;

bool counting = false;

std::function<void(const LaunchRecord&)>& observer() {
  static std::function<void(const LaunchRecord&)> value;
  return value;
}

std::map<std::string, KernelTotals>& totals() {
  static std::map<std::string, KernelTotals> value;
  return value;
}

/// One warp's accesses by one instruction, the n-th time for every lane.
struct Group {
  u32 lanes = 0;
  std::array<u64, kLanes> addresses{};
};

/// All groups of one instruction since the warp last met.
struct SiteGroups {
  const AccessSite* site = nullptr;
  u32 bytes = 0;
  bool shared = false;
  std::array<u32, kLanes> executed{};
  std::vector<Group> groups;
};

struct WarpCounter;

}  // namespace

struct LaneCounter {
  WarpCounter* warp;
  u32 lane;
};

namespace {

struct WarpCounter {
  u32 block = 0;
  std::vector<u32> most;  ///< by stretch: the lane that ran it most often
  std::map<u32, SiteGroups> sites;
  std::array<LaneCounter, kLanes> lanes{};
  u32 threads = 0;  ///< that this warp has
  u32 arrived = 0;
  u32 ended = 0;
};

/// The launch that runs now: kernels never overlap on the executor.
struct LaunchCounter {
  const KernelInfo* kernel = nullptr;
  u64 threads = 0;
  u64 ended = 0;
  std::map<std::pair<u32, u32>, std::unique_ptr<WarpCounter>> warps;  ///< by block and warp
  LaunchShape shape;
  std::unordered_set<u64> read_sectors;
  std::unordered_set<u64> written_sectors;
  /// While someone observes: what a block has touched since its last barrier, and how many of its
  /// threads have come to the next.
  struct BlockSectors {
    std::unordered_set<u64> touched;
    u64 threads = 0;
    u64 arrived = 0;
    u64 ended = 0;
  };
  std::unordered_map<u32, BlockSectors> block_sectors;
  u64 sectors_by_block = 0;
};

LaunchCounter launch;

u64 distinct(std::vector<u64>& values) {
  std::sort(values.begin(), values.end());
  return static_cast<u64>(std::unique(values.begin(), values.end()) - values.begin());
}

void add_global(u32 block, const SiteGroups& of, const Group& group, AccessTotals& sum) {
  std::vector<u64> sectors;
  std::vector<u64> words;
  for (u32 rest = group.lanes; rest != 0; rest &= rest - 1) {
    const u64 first = group.addresses[static_cast<std::size_t>(std::countr_zero(rest))];
    for (u64 sector = first / kSectorBytes; sector <= (first + of.bytes - 1) / kSectorBytes;
         ++sector) {
      sectors.push_back(sector);
      if (of.site->access != Access::store) launch.read_sectors.insert(sector);
      if (of.site->access != Access::load) launch.written_sectors.insert(sector);
      if (observer()) launch.block_sectors[block].touched.insert(sector);
    }
    for (u64 word = first / kBankBytes; word <= (first + of.bytes - 1) / kBankBytes; ++word) {
      words.push_back(word);
    }
  }
  sum.sectors += distinct(sectors);
  sum.needed_sectors += (distinct(words) * kBankBytes + kSectorBytes - 1) / kSectorBytes;
}

void add_shared(const SiteGroups& of, const Group& group, AccessTotals& sum) {
  const u32 parts = std::max(1u, of.bytes / static_cast<u32>(kBankBytes));
  const u32 width = kLanes / parts;
  for (u32 part = 0; part < parts; ++part) {
    std::array<std::vector<u64>, kBanks> words;
    for (u32 l = part * width; l < (part + 1) * width; ++l) {
      if ((group.lanes >> l & 1) == 0) continue;
      const u64 first = group.addresses[l];
      for (u64 word = first / kBankBytes; word <= (first + of.bytes - 1) / kBankBytes; ++word) {
        words[word % kBanks].push_back(word);
      }
    }
    u64 most = 0;
    for (std::vector<u64>& bank : words) most = std::max(most, distinct(bank));
    sum.wavefronts += most;
    sum.conflicts += most > 0 ? most - 1 : 0;
  }
}

void flush(WarpCounter& warp) {
  KernelTotals& kernel = totals()[launch.kernel->name];
  for (auto& [index, of] : warp.sites) {
    const Space space = of.shared                           ? Space::shared
                        : of.site->space == Space::constant ? Space::constant
                                                            : Space::global;
    AccessTotals& sum = kernel.accesses[{space, of.site->access, of.bytes}];
    for (const Group& group : of.groups) {
      const auto lanes = static_cast<u64>(std::popcount(group.lanes));
      ++sum.requests;
      sum.lane_accesses += lanes;
      sum.lane_bytes += lanes * of.bytes;
      if (space == Space::shared) add_shared(of, group, sum);
      if (space == Space::global) add_global(warp.block, of, group, sum);
    }
    of.groups.clear();
    of.executed.fill(0);
  }
}

void flush_if_all_met(WarpCounter& warp) {
  if (warp.arrived + warp.ended < warp.threads) return;
  flush(warp);
  warp.arrived = 0;
}

/// All of a block's threads that still run wait at a barrier: what it touches next comes anew.
void close_block_if_all_met(LaunchCounter::BlockSectors& block) {
  if (block.arrived == 0 || block.arrived + block.ended < block.threads) return;
  launch.sectors_by_block += block.touched.size();
  block.touched.clear();
  block.arrived = 0;
}

void report_launch() {
  LaunchRecord record{.kernel = launch.kernel, .shape = launch.shape};
  for (const auto& [key, warp] : launch.warps) record.warps.push_back(&warp->most);
  record.read_sectors.assign(launch.read_sectors.begin(), launch.read_sectors.end());
  record.written_sectors.assign(launch.written_sectors.begin(), launch.written_sectors.end());
  record.sectors_by_block = launch.sectors_by_block;
  for (const auto& [block, sectors] : launch.block_sectors) {
    record.sectors_by_block += sectors.touched.size();
  }
  observer()(record);
}

void end_launch() {
  const KernelInfo& kernel = *launch.kernel;
  KernelTotals& sum = totals()[kernel.name];
  ++sum.launches;
  std::unordered_set<u32> blocks;
  for (const auto& [key, warp] : launch.warps) {
    blocks.insert(key.first);
    ++sum.warps;
    sum.threads += warp->threads;
    for (const StretchCount& each : kernel.counts) {
      sum.warp_instructions[static_cast<std::size_t>(each.kind)] +=
          u64{each.count} * warp->most[each.stretch];
    }
  }
  sum.blocks += blocks.size();
  sum.footprint_read += launch.read_sectors.size() * kSectorBytes;
  sum.footprint_written += launch.written_sectors.size() * kSectorBytes;
  if (observer()) report_launch();
  launch = {};
}

}  // namespace

u64 KernelTotals::flops() const {
  const auto of = [this](Class kind) {
    return thread_instructions[static_cast<std::size_t>(kind)];
  };
  constexpr u64 kTensorFlops = 2 * 16 * 8 * 8 / kLanes;  // m16n8k8, a lane's share
  return 2 * of(Class::fma32) + of(Class::add32) + of(Class::fp64) +
         kTensorFlops * of(Class::tensor);
}

CountingScope::CountingScope() { counting = true; }
CountingScope::~CountingScope() {
  counting = false;
  launch = {};  // what a launch that failed has left
}

const std::map<std::string, KernelTotals>& counted() { return totals(); }
void reset_counters() { totals().clear(); }
void observe_launches(std::function<void(const LaunchRecord&)> to) { observer() = std::move(to); }

LaneCounter* begin_lane(const KernelInfo& kernel) {
  if (!counting) return nullptr;
  const executor::Fiber& fiber = *executor::current;
  const executor::Block& block = *fiber.block;
  if (launch.kernel == nullptr) {
    launch.kernel = &kernel;
    launch.shape = block.grid->shape;
    launch.threads = u64{block.grid->shape.grid.count()} * block.fibers.size();
  }
  std::unique_ptr<WarpCounter>& warp = launch.warps[{block.index, fiber.warp}];
  if (warp == nullptr) {
    warp = std::make_unique<WarpCounter>();
    warp->block = block.index;
    launch.block_sectors[block.index].threads = block.fibers.size();
    warp->most.resize(kernel.stretches);
    const std::size_t before = std::size_t{fiber.warp} * kLanes;
    warp->threads = static_cast<u32>(std::min<std::size_t>(kLanes, block.fibers.size() - before));
  }
  warp->lanes[fiber.lane] = {warp.get(), fiber.lane};
  return &warp->lanes[fiber.lane];
}

void end_lane(LaneCounter& lane, const u32* executions) {
  WarpCounter& warp = *lane.warp;
  const KernelInfo& kernel = *launch.kernel;
  KernelTotals& sum = totals()[kernel.name];
  for (u32 i = 0; i < kernel.stretches; ++i) warp.most[i] = std::max(warp.most[i], executions[i]);
  for (const StretchCount& each : kernel.counts) {
    sum.thread_instructions[static_cast<std::size_t>(each.kind)] +=
        u64{each.count} * executions[each.stretch];
  }
  ++warp.ended;
  flush_if_all_met(warp);
  if (observer()) {
    LaunchCounter::BlockSectors& block_sectors = launch.block_sectors[warp.block];
    ++block_sectors.ended;
    close_block_if_all_met(block_sectors);
  }
  if (++launch.ended == launch.threads) end_launch();
}

void count_access(LaneCounter& lane,
                  const char* address,
                  const AccessSite& site,
                  u32 site_index,
                  u32 bytes) {
  SiteGroups& of = lane.warp->sites[site_index];
  of.site = &site;
  of.bytes = bytes;
  const char* arena = executor::shared_base();
  of.shared = address >= arena && address < arena + executor::kArenaBytes;
  const u32 turn = of.executed[lane.lane]++;
  if (turn >= of.groups.size()) of.groups.resize(turn + 1);
  of.groups[turn].lanes |= 1u << lane.lane;
  of.groups[turn].addresses[lane.lane] = reinterpret_cast<u64>(address);
}

void meet_warp(LaneCounter& lane) {
  ++lane.warp->arrived;
  flush_if_all_met(*lane.warp);
}

void meet_block(LaneCounter& lane) {
  meet_warp(lane);
  if (!observer()) return;
  LaunchCounter::BlockSectors& block = launch.block_sectors[lane.warp->block];
  ++block.arrived;
  close_block_if_all_met(block);
}

// --- JSON
// ------------------------------------------------------------------------------------------

namespace {

const char* space_name(Space space) {
  switch (space) {
    case Space::shared:
      return "shared";
    case Space::constant:
      return "constant";
    default:
      return "global";
  }
}

const char* access_name(Access access) {
  switch (access) {
    case Access::load:
      return "load";
    case Access::store:
      return "store";
    case Access::atomic:
      return "atomic";
  }
  return "";
}

nlohmann::json instructions_json(const std::array<u64, kClasses>& counts) {
  nlohmann::json by_class = nlohmann::json::object();
  for (unsigned i = 0; i < kClasses; ++i) {
    if (counts[i] != 0) by_class[class_name(static_cast<Class>(i))] = counts[i];
  }
  return by_class;
}

}  // namespace

std::string counters_json() {
  nlohmann::json kernels = nlohmann::json::object();
  for (const auto& [name, sum] : totals()) {
    nlohmann::json accesses = nlohmann::json::array();
    for (const auto& [key, access] : sum.accesses) {
      const auto& [space, kind, bytes] = key;
      accesses.push_back({{"space", space_name(space)},
                          {"access", access_name(kind)},
                          {"bytes", bytes},
                          {"lane_accesses", access.lane_accesses},
                          {"requests", access.requests},
                          {"lane_bytes", access.lane_bytes},
                          {"sectors", access.sectors},
                          {"needed_sectors", access.needed_sectors},
                          {"wavefronts", access.wavefronts},
                          {"conflicts", access.conflicts}});
    }
    kernels[name] = {{"launches", sum.launches},
                     {"blocks", sum.blocks},
                     {"warps", sum.warps},
                     {"threads", sum.threads},
                     {"flops", sum.flops()},
                     {"thread_instructions", instructions_json(sum.thread_instructions)},
                     {"warp_instructions", instructions_json(sum.warp_instructions)},
                     {"footprint_read_bytes", sum.footprint_read},
                     {"footprint_written_bytes", sum.footprint_written},
                     {"accesses", accesses}};
  }
  return nlohmann::json{{"format", "fusemd-counters"}, {"version", 1}, {"kernels", kernels}}.dump(
      2);
}

}  // namespace fusemd::ptx
