// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>

#include "test/simt/ptx/runtime/kernel_info.hpp"

/// What translated kernels do, counted while they run: the inputs of a static cost model. Counts
/// belong to the PTX, which ptxas still optimises; loads, stores, barriers and collectives survive
/// it one to one.
///
/// Accesses of a warp are grouped by instruction and by how often each lane has executed it since
/// the warp last met (at a barrier, or a collective of all its lanes), which is how lanes that have
/// not diverged execute them.
namespace fusemd::ptx {

/// All accesses of one kind, width and space.
struct AccessTotals {
  u64 lane_accesses = 0;
  u64 requests = 0;  ///< by warps: one instruction for all lanes that take part
  u64 lane_bytes = 0;
  u64 sectors = 0;         ///< global: 32-byte sectors, each once a request
  u64 needed_sectors = 0;  ///< the fewest that the distinct bytes of each request would fit into
  /// Shared: passes through the 32 banks of 4 bytes. 8- and 16-byte accesses take half and quarter
  /// warps one after the other, so that 2 and 4 passes are not a conflict.
  u64 wavefronts = 0;
  u64 conflicts = 0;  ///< wavefronts beyond the first of each such part
};

struct KernelTotals {
  u64 launches = 0;
  u64 blocks = 0;
  u64 warps = 0;
  u64 threads = 0;
  std::array<u64, kClasses> thread_instructions{};
  /// Of each stretch, the count of the lane that ran it most often, added up over warps: what a
  /// warp issues if its lanes meet again as early as they can.
  std::array<u64, kClasses> warp_instructions{};
  std::map<std::tuple<Space, Access, unsigned>, AccessTotals> accesses;
  /// Distinct 32-byte sectors of global memory, summed over launches: what must move at least once.
  u64 footprint_read = 0;
  u64 footprint_written = 0;

  /// Fused multiply-adds are two. Includes tensor instructions, not the special-function unit.
  [[nodiscard]] u64 flops() const;
};

/// Counts while it lives; launches must not be under way when it begins or ends.
class CountingScope {
 public:
  CountingScope();
  ~CountingScope();
  CountingScope(const CountingScope&) = delete;
  CountingScope& operator=(const CountingScope&) = delete;
};

/// Totals by kernel, under its mangled name, of the launches that have ended since the last reset.
[[nodiscard]] const std::map<std::string, KernelTotals>& counted();
void reset_counters();

/// The totals as JSON: {"format": "fusemd-counters", "version": 1, "kernels": {name: {...}}}.
[[nodiscard]] std::string counters_json();

// --- for the runtime -----------------------------------------------------------------------------

/// The counter's view of one thread.
struct LaneCounter;
[[nodiscard]] LaneCounter* begin_lane(const KernelInfo& kernel);
void end_lane(LaneCounter& lane, const u32* executions);
void count_access(LaneCounter& lane,
                  const char* address,
                  const AccessSite& site,
                  u32 site_index,
                  u32 bytes);
/// This lane has come to a point that all lanes of its warp reach together.
void meet_warp(LaneCounter& lane);

}  // namespace fusemd::ptx
