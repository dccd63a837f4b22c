// SPDX-License-Identifier: MIT
#pragma once
// How wide blocks are, as data: one row an architecture, one member an op. No launcher has a number
// of its own. The numbers come from static budgets (registers, shared memory, resident warps), not
// from times: docs/cuda-without-gpu.md.

#include <cstddef>

namespace fusemd {

/// Threads of a block, multiples of 32.
struct LaunchPolicy {
  int compute_capability = 0;  ///< 10 major + minor of the first part that the row is for

  unsigned neighbour_threads = 0;  ///< neighbour search: a warp an atom
  unsigned cell_threads = 0;       ///< cell lists, a block a system: one of the two widths below
  unsigned message_threads = 0;    ///< tabulated convolution, forward and backward: a warp an atom

  unsigned filter_threads = 0;  ///< exact convolution: a block a tile of atoms
  unsigned filter_atoms = 0;    ///< of a tile
  unsigned filter_rows = 0;     ///< pairs of a chunk (half as many with slopes): even, 32 at most

  unsigned node_threads = 0;  ///< per-atom ops (dense, update, readout, embedding): a tile of atoms
  unsigned node_rows = 0;     ///< atoms of a tile, at most; a tensor instruction takes 16
  unsigned node_blocks = 0;   ///< grid at most; blocks then stride over tiles
  std::size_t node_shared_bytes = 0;  ///< of a tile, at most

  unsigned dynamics_threads = 0;  ///< integration and thermostats: a block a system

  unsigned loop_threads = 0;          ///< resident loop, a block a replica
  unsigned loop_blocks = 0;           ///< grid at most; blocks then stride over replicas
  std::size_t loop_shared_bytes = 0;  ///< dynamic shared memory of a block, at most
};

/// The block widths for which cell lists are compiled.
inline constexpr unsigned kNarrowCellThreads = 64;
inline constexpr unsigned kWideCellThreads = 512;

/// No per-atom op, no integrator and no resident loop may be launched with wider blocks.
inline constexpr unsigned kMaxNodeThreads = 256;
inline constexpr unsigned kMaxDynamicsThreads = 256;
inline constexpr unsigned kMaxBlockLoopThreads = 256;

inline constexpr LaunchPolicy kLaunchPolicies[] = {
    {.compute_capability = 75,
     .neighbour_threads = 128,
     .cell_threads = 512,
     .message_threads = 128,
     .filter_threads = 256,
     .filter_atoms = 32,
     .filter_rows = 16,
     .node_threads = 128,
     .node_rows = 16,
     .node_blocks = 4096,
     .node_shared_bytes = std::size_t{48} * 1024,
     .dynamics_threads = 128,
     .loop_threads = 256,
     .loop_blocks = 65536,
     .loop_shared_bytes = std::size_t{56} * 1024},
};

/// The row for a device: that of the newest part which is not newer than the device.
[[nodiscard]] constexpr const LaunchPolicy& launch_policy(int compute_capability) {
  const LaunchPolicy* found = &kLaunchPolicies[0];
  for (const LaunchPolicy& row : kLaunchPolicies) {
    if (row.compute_capability <= compute_capability) found = &row;
  }
  return *found;
}

}  // namespace fusemd
