// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "benchmarks/micro/case.hpp"
#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {

/// One timed run of `repeats` calls.
struct Window {
  double seconds = 0.0;              ///< all calls together
  double wall_over_processor = 1.0;  ///< 2 if half of the core was ours
};

/// How code is timed, and what the processor that runs it can do at best.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;

  /// Prepares the subject, and times `repeats` calls of it.
  virtual Window time(const Subject& subject, std::size_t repeats) = 0;

  /// Single-precision flops a second in fused multiply-adds, now.
  virtual double fma_peak() = 0;

  /// Bytes a second that loads and stores can move at best, wherever they go.
  virtual double load_bandwidth() = 0;

  /// Bytes a second from where a working set of this size comes from.
  virtual double bandwidth(double working_set) = 0;
};

/// Processor time of the calling thread.
std::shared_ptr<Stopwatch> cpu_stopwatch(cpu::InstructionSet set);

}  // namespace fusemd::benchmarks
