// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "kernels/device_memory.hpp"

namespace fusemd::cuda {

/// A stream of its own.
class OwnedStream {
 public:
  OwnedStream() : stream_(device::create_stream()) {}
  ~OwnedStream() { device::destroy_stream(stream_); }
  OwnedStream(const OwnedStream&) = delete;
  OwnedStream& operator=(const OwnedStream&) = delete;
  operator Stream() const { return stream_; }  // NOLINT(google-explicit-constructor)

 private:
  Stream stream_;
};

/// An event of its own.
class OwnedEvent {
 public:
  OwnedEvent() : event_(device::create_event()) {}
  explicit OwnedEvent(device::Event event) : event_(event) {}  ///< takes it over
  ~OwnedEvent() { device::destroy_event(event_); }
  OwnedEvent(OwnedEvent&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  OwnedEvent& operator=(OwnedEvent&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  operator device::Event() const { return event_; }  // NOLINT(google-explicit-constructor)

 private:
  device::Event event_;
};

}  // namespace fusemd::cuda
