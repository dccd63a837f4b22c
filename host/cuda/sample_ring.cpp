// SPDX-License-Identifier: MIT
#include "host/cuda/sample_ring.hpp"

#include <cassert>
#include <exception>

namespace fusemd::cuda {
namespace {

constexpr std::size_t kRows = 9;  // x, v, F

}  // namespace

SampleRing::SampleRing(std::size_t n_replicas,
                       std::size_t n_atoms,
                       std::size_t n_slots,
                       bool with_atoms)
    : slots_(n_slots) {
  assert(n_slots > 0);
  const std::size_t numbers = with_atoms ? kRows * n_atoms : 0;
  for (Slot& slot : slots_) {
    slot.device_progress = DeviceBuffer<ReplicaProgress>(n_replicas);
    slot.device_atoms = DeviceBuffer<double>(numbers);
    slot.progress = PinnedBuffer<ReplicaProgress>(n_replicas);
    slot.atoms = PinnedBuffer<double>(numbers);
  }
}

SampleRing::~SampleRing() {
  try {
    device::synchronize(copies_);
  } catch (const std::exception&) {
    // Whoever waited for this work before has been told.
  }
}

SampleTarget SampleRing::claim(const Interval& interval, bool with_atoms) {
  assert(!full());
  Slot& slot = slots_[next_];
  slot.interval = interval;
  slot.has_atoms = with_atoms;
  return {.progress = slot.device_progress.data(),
          .atoms = with_atoms ? slot.device_atoms.data() : nullptr};
}

void SampleRing::commit(Stream loop) {
  Slot& slot = slots_[next_];
  device::record(slot.written, loop);
  device::wait(copies_, slot.written);
  device::copy_to_host(slot.progress.data(), slot.device_progress.data(), slot.progress.bytes(),
                       copies_);
  if (slot.has_atoms) {
    device::copy_to_host(slot.atoms.data(), slot.device_atoms.data(), slot.atoms.bytes(), copies_);
  }
  device::record(slot.copied, copies_);
  used_.push_back(next_);
  next_ = (next_ + 1) % slots_.size();
}

RingSample SampleRing::front() {
  assert(!empty());
  Slot& slot = slots_[used_.front()];
  // The copy came after the kernel: when it is done, the device's part of the slot is free as well.
  device::synchronize(slot.copied);
  RingSample sample{slot.interval, {slot.progress.data(), slot.progress.size()}, {}};
  if (slot.has_atoms) sample.atoms = {slot.atoms.data(), slot.atoms.size()};
  return sample;
}

void SampleRing::release() { used_.pop_front(); }

std::size_t SampleRing::bytes(std::size_t n_replicas, std::size_t n_atoms, bool with_atoms) {
  return n_replicas * sizeof(ReplicaProgress) + (with_atoms ? kRows * n_atoms * sizeof(double) : 0);
}

}  // namespace fusemd::cuda
