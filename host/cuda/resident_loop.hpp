// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/integrate.hpp"
#include "kernels/platform.hpp"

namespace fusemd::cuda {

/// Steps from `first`, where every replica that goes on stands, to `last`.
struct Interval {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Where a loop leaves one sample, in device memory: a slot of the ring
/// (host/cuda/sample_ring.hpp).
struct SampleTarget {
  ReplicaProgress* progress = nullptr;  ///< [n_replicas], overwritten
  /// [9][n_atoms]: x, y, z, v_x, ..., F_z, overwritten; null where no frame is due.
  double* atoms = nullptr;
};

/// One shape of the molecular dynamics loop that stays on the device. It advances the replicas of a
/// DeviceReplicas, whose arrays hold the state between calls; whatever else it needs it allocates
/// when it is made.
///
/// Both calls put work into the stream and return: no wait, no copy to the host.
/// Result   a replica has the same bits alone and in any batch, however steps are divided into
///          intervals. A replica that stopped keeps its last good state; the others go on.
/// Errors   DeviceError: a launch that the device refuses.
class ResidentLoop {
 public:
  virtual ~ResidentLoop() = default;

  /// Forces and energies of every replica at its positions, and a judgement of them: for replicas
  /// that have made no step.
  virtual void start(Stream stream) = 0;

  /// Advances every replica that has not stopped to interval.last, and writes what all of them are
  /// then. An interval of no steps only writes.
  virtual void advance(const Interval& interval, const SampleTarget& sample, Stream stream) = 0;

  /// A loop that runs out of room (neighbour lists) pauses: all replicas stay at the same good
  /// step, and further calls of advance() change nothing but write samples. The host sees it in a
  /// sample whose replicas are not at interval.last, waits for the stream, and calls this. It makes
  /// room, and says so in one line for the user. Called with the stream empty.
  virtual std::string make_room(Stream /*stream*/) {
    throw std::logic_error("a loop that never pauses has paused");
  }
};

}  // namespace fusemd::cuda
