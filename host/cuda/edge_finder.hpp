// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/cuda/cell_arrays.hpp"
#include "host/cuda/device_buffer.hpp"
#include "host/cuda/pinned_buffer.hpp"
#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd::cuda {

/// Systems with more atoms look for neighbours through cells, the others among all their atoms. By
/// count of distance tests: 27 cells at the density of an organic liquid hold some 300 atoms.
inline constexpr std::uint32_t kAllPairsUpTo = 384;

/// Finds the edges of a batch, and owns the lists.
///
/// Each system is searched in its own way, whatever else is in the batch, so that its edges have
/// the same order alone and in any batch.
class EdgeFinder {
 public:
  /// `system_start` on the host, [n_systems + 1]; the batch is the same in device memory.
  EdgeFinder(std::vector<std::uint32_t> system_start, const BatchView& batch, double cutoff);

  /// Puts the search into the stream.
  void find(const PositionsView& positions, const LaunchPolicy& policy, Stream stream);

  EdgesView edges() { return view(); }

  /// Waits, and looks whether every list had room in the last search. If not, gives the lists of
  /// the systems concerned more, and returns false: what was found is void, find() again.
  bool had_room(Stream stream);

 private:
  void lay_out(Stream stream);
  MutableEdges view();

  std::vector<std::uint32_t> system_start_;
  std::vector<std::uint32_t> room_;  ///< [n_systems] edges that a row of the system holds
  BatchView batch_;
  double cutoff_;

  DeviceBuffer<std::uint32_t> start_, count_, j_;
  DeviceBuffer<float> geometry_;  ///< four floats an edge
  DeviceBuffer<std::uint32_t> room_needed_;
  PinnedBuffer<std::uint32_t> host_room_needed_;

  bool some_small_ = false, some_large_ = false;
  DeviceBuffer<std::uint32_t> small_, large_;  ///< [n_systems] 0 or 1: which search is a system's
  CellArrays cells_;
};

}  // namespace fusemd::cuda
