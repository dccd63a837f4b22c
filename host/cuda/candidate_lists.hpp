// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/cuda/cell_arrays.hpp"
#include "host/cuda/device_buffer.hpp"
#include "kernels/candidates.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd::cuda {

/// How long lists with a skin are and how long they last.
struct CandidateOptions {
  /// Angstrom beyond the cutoff. docs/decisions/008 has the counts.
  double skin = 0.7;
  /// Candidates an atom that a list starts with: more than matter at the density of an organic
  /// crystal has within 5.7 Angstrom (some 90 atoms), and every other atom of a small molecule.
  std::uint32_t first_room = 128;
};

/// Lists with a skin of a batch (kernels/candidates.hpp), and the edges made of them. Through cells
/// whatever the size of a system: a search is rare.
///
/// Cost     28 bytes of device memory a candidate that there is room for.
/// Errors   DeviceError: out of memory.
class CandidateLists {
 public:
  /// `system_start` on the host, [n_systems + 1]; the batch is the same in device memory. `halted`:
  /// one word in device memory, raised when a list has too little room.
  CandidateLists(std::span<const std::uint32_t> system_start,
                 const BatchView& batch,
                 double cutoff,
                 std::uint32_t* halted,
                 const CandidateOptions& options);

  /// Makes the lists of all systems, with as much room as they need. Waits. halted is 0 then.
  void make(const PositionsView& positions, const LaunchPolicy& policy, Stream stream);

  /// Puts into the stream: the search of the systems that are due, and the edges of all.
  void find(const PositionsView& positions, const LaunchPolicy& policy, Stream stream);

  EdgesView edges() { return mutable_edges(); }
  std::uint32_t* due() { return due_.data(); }  ///< [n_systems]
  PositionsView found_at() { return candidates().found_at; }
  /// How far an atom may be from found_at, Angstrom: a little less than half the skin, so that
  /// rounding cannot lose a pair.
  double may_move() const { return 0.5 * (1.0 - 1e-6) * options_.skin; }

  /// Gives the lists that had too little room a quarter more than they needed; they are void, and
  /// make() is due. Waits. Returns the most candidates that an atom had and the list had no room
  /// for; 0: all had room.
  std::uint32_t grow(Stream stream);

 private:
  void search(const PositionsView& positions, const LaunchPolicy& policy, Stream stream);
  void lay_out(Stream stream);
  CandidatesView candidates();
  MutableEdges mutable_edges();

  std::vector<std::uint32_t> system_start_;
  std::vector<std::uint32_t> room_;  ///< [n_systems] candidates that a row of the system holds
  BatchView batch_;
  double cutoff_;
  std::uint32_t* halted_;
  CandidateOptions options_;

  DeviceBuffer<std::uint32_t> start_, count_, j_, unsorted_, edge_count_, edge_j_;
  DeviceBuffer<float> geometry_;   ///< four floats an edge
  DeviceBuffer<double> found_at_;  ///< [3][n_atoms]
  DeviceBuffer<std::uint32_t> due_, room_needed_;
  CellArrays cells_;
};

}  // namespace fusemd::cuda
