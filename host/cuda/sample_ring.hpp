// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/owned_stream.hpp"
#include "host/cuda/pinned_buffer.hpp"
#include "host/cuda/resident_loop.hpp"

namespace fusemd::cuda {

/// One sample as the host reads it; the arrays live until the slot is released.
struct RingSample {
  Interval interval;
  std::span<const ReplicaProgress> progress;  ///< [n_replicas]
  std::span<const double> atoms;              ///< [9][n_atoms], or empty where no frame was due
};

/// Samples on their way from the device to the host, oldest first: a ring of slots, each with a
/// part in device memory, which the loop writes, and one in page-locked host memory. A stream of
/// its own copies from one to the other while the loop goes on with the next slots.
///
/// Order    claim() and commit() in the loop's order; front() and release() see the same order.
///          A slot is claimed again when it has been released, so nothing is lost: where full(),
///          the caller has to release first, and the loop runs dry.
/// Errors   DeviceError: out of memory.
/// Threads  one.
class SampleRing {
 public:
  /// with_atoms: whether there will be frames.
  SampleRing(std::size_t n_replicas, std::size_t n_atoms, std::size_t n_slots, bool with_atoms);
  /// Waits for copies that are under way.
  ~SampleRing();
  SampleRing(const SampleRing&) = delete;
  SampleRing& operator=(const SampleRing&) = delete;

  std::size_t slots() const { return slots_.size(); }
  bool full() const { return used_.size() == slots_.size(); }
  bool empty() const { return used_.empty(); }

  /// The next slot's device memory, for a sample at interval.last. Needs !full().
  SampleTarget claim(const Interval& interval, bool with_atoms);

  /// Everything that writes the claimed slot is in `loop`: puts the copy behind it. Does not wait.
  void commit(Stream loop);

  /// The oldest committed sample; waits until it is on the host. Needs !empty().
  RingSample front();

  /// Done with the oldest: its slot is free.
  void release();

  /// Bytes of one slot, on either side.
  static std::size_t bytes(std::size_t n_replicas, std::size_t n_atoms, bool with_atoms);

 private:
  struct Slot {
    DeviceBuffer<ReplicaProgress> device_progress;
    DeviceBuffer<double> device_atoms;
    PinnedBuffer<ReplicaProgress> progress;
    PinnedBuffer<double> atoms;
    OwnedEvent written, copied;
    Interval interval;
    bool has_atoms = false;
  };

  std::vector<Slot> slots_;
  std::deque<std::size_t> used_;  ///< slots, oldest first
  std::size_t next_ = 0;
  OwnedStream copies_;
};

}  // namespace fusemd::cuda
