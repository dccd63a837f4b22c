// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace fusemd::executor {

/// A place in kernel text. Barriers and collectives are known by it: a return address would not do,
/// because compilers clone calls.
struct Site {
  const char* file = nullptr;
  unsigned line = 0;

  static constexpr Site here(const char* file = __builtin_FILE(),
                             unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

/// What can be found wrong while a kernel runs.
enum class Fault {
  // by the executor, in every build
  deadlock,              ///< every live thread waits for one that will not come
  livelock,              ///< every live thread spins, and nothing changes
  divergent_barrier,     ///< threads of a block meet at different barriers
  divergent_collective,  ///< lanes of a warp meet at different collectives
  bad_warp_mask,  ///< a mask names a lane that has ended, or leaves out the caller or a source lane
  shared_memory_layout,  ///< over a limit, or threads disagree about the dynamic layout
  red_zone_damaged,      ///< bytes beside a buffer or a shared object were overwritten
  misaligned,            ///< a vector access at an unaligned address
  unfinished_copy,       ///< a thread ended without waiting for its asynchronous copies
  cluster_misuse,        ///< shared memory of a block that is not there, or half a cluster barrier
  // by the executor for atomics and vector accesses, by the checker for all
  shared_out_of_bounds,
  global_out_of_bounds,
  not_device_memory,      ///< host memory, another thread's stack or another block's shared memory
  trap,                   ///< the kernel says that it cannot go on, or divides an integer by zero
  outside_launch_bounds,  ///< more threads a block than the kernel was compiled for
  // by the checker
  race,
  uninitialised_shared,
  uninitialised_global,
  runaway,  ///< more accesses than Config::max_accesses: an endless loop
};

/// The name that reports print, in words.
[[nodiscard]] const char* fault_name(Fault fault);

struct Finding {
  Fault fault;
  std::string text;  ///< one report: block, thread, both source lines where there are two
};

/// Thrown at the end of a launch in which something was found wrong.
class KernelFault : public std::runtime_error {
 public:
  explicit KernelFault(std::vector<Finding> findings);
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] bool has(Fault fault) const;

 private:
  std::vector<Finding> findings_;
};

}  // namespace fusemd::executor
