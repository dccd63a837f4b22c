// SPDX-License-Identifier: MIT
#pragma once
// Counts of memory traffic as a GPU would see it: the k-th access of every lane of a warp at one
// place in the program is one request of the warp.

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "test/simt/executor/executor.hpp"

namespace fusemd::checker {

enum class Space { shared, global };

/// The traffic of one instruction.
struct Traffic {
  std::string source;  ///< file:line
  Space space = Space::global;
  bool write = false;
  std::uint64_t lane_accesses = 0;
  std::uint64_t bytes = 0;           ///< what the lanes asked for
  std::uint64_t requests = 0;        ///< of warps
  std::uint64_t sectors = 0;         ///< of 32 bytes, moved for global requests
  std::uint64_t least_sectors = 0;   ///< if every request's bytes lay densely
  std::uint64_t bank_conflicts = 0;  ///< extra passes of shared requests
};

/// Sums of Traffic over all instructions.
struct TrafficTotals {
  std::uint64_t global_read_bytes = 0;
  std::uint64_t global_written_bytes = 0;
  std::uint64_t global_sectors = 0;
  std::uint64_t least_global_sectors = 0;
  std::uint64_t shared_bytes = 0;
  std::uint64_t shared_requests = 0;
  std::uint64_t bank_conflicts = 0;
};

/// Counts the launches of its lifetime, in checked builds. Sector and conflict counts of
/// source-level runs hold where an access is as wide as on the GPU: scalars, and vectors through
/// simt::load_vector.
class TrafficCount {
 public:
  TrafficCount();
  ~TrafficCount();
  TrafficCount(const TrafficCount&) = delete;
  TrafficCount& operator=(const TrafficCount&) = delete;

  [[nodiscard]] std::vector<Traffic> by_instruction() const;
  [[nodiscard]] TrafficTotals totals() const;

 private:
  friend class Counters;
  struct Request {
    std::uint32_t lanes = 0;
    std::array<std::uintptr_t, executor::kLanes> addresses{};
  };
  struct Open {
    std::array<std::uint32_t, executor::kLanes> count{};
    std::uint32_t first = 0;  ///< number of requests[0]
    std::vector<Request> requests;
  };
  struct Instruction {
    Traffic traffic;
    unsigned width = 0;
    std::unordered_map<std::uint64_t, Open> warps;  ///< by block and warp
  };

  void add(std::uint32_t pc,
           std::uintptr_t address,
           std::size_t bytes,
           Space space,
           bool write,
           std::uint64_t warp,
           unsigned lane);
  void close_requests();
  static void close(Instruction& instruction, const Request& request);

  std::unordered_map<std::uint32_t, Instruction> instructions_;

 public:
  /// The checker's entry points.
  static void record(std::uint32_t pc,
                     const void* address,
                     std::size_t bytes,
                     Space space,
                     bool write,
                     std::uint64_t warp,
                     unsigned lane);
  static void end_of_blocks();
};

}  // namespace fusemd::checker
