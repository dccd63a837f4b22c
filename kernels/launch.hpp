// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "kernels/platform.hpp"

namespace fusemd {

/// How many blocks of `size` cover `count` things. count = 0 gives 0: launchers return before they
/// launch an empty grid, which CUDA refuses.
template <class Integer>
[[nodiscard]] FUSEMD_HD constexpr Integer ceil_div(Integer count, Integer size) {
  return count / size + (count % size != 0 ? 1 : 0);
}

/// Sizes of a grid (in blocks) or of a block (in threads).
struct Extent {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;

  [[nodiscard]] constexpr std::size_t count() const { return std::size_t{x} * y * z; }
};

/// Whether blocks may wait for each other (grid_barrier, kernels/grid_barrier.cuh).
enum class Residency {
  any,         ///< blocks may run one after the other; a grid barrier would hang
  all_blocks,  ///< a cooperative launch: every block is resident at once, or the launch is refused
};

/// The shape of one launch, as data. Numbers come from a policy or from the problem's size, never
/// from inside a launcher.
struct LaunchShape {
  Extent grid;
  Extent block;
  std::size_t shared_bytes = 0;  ///< dynamic shared memory, the sum of shared_bytes<T>(count)
  Residency residency = Residency::any;
  /// Blocks of a thread-block cluster, neighbours along x (sm_90 and later); 0: no clusters. The
  /// blocks of a cluster are resident together, whatever residency says (kernels/cluster.cuh).
  unsigned cluster = 0;
};

/// Blocks that a cluster may have on the parts that have most.
inline constexpr unsigned kMaxClusterBlocks = 16;
/// ... and on every part that has clusters.
inline constexpr unsigned kPortableClusterBlocks = 8;

/// Bytes of dynamic shared memory that one simt::DynamicShared::take<T>(count) uses: a launcher
/// adds up the same list that its kernel takes.
template <class T>
[[nodiscard]] FUSEMD_HD constexpr std::size_t shared_bytes(std::size_t count) {
  static_assert(alignof(T) <= 16, "dynamic shared memory is aligned to 16 bytes");
  return ceil_div(count * sizeof(T), std::size_t{16}) * 16;
}

}  // namespace fusemd
