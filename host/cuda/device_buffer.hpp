// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kernels/device_memory.hpp"
#include "kernels/views.hpp"

namespace fusemd::cuda {

/// Owns an array in device memory, uninitialised at first.
///
/// Errors   DeviceError from the constructor: out of memory.
template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t size)
      : data_(static_cast<T*>(device::allocate(size * sizeof(T)))), size_(size) {}
  ~DeviceBuffer() { device::release(data_); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  DeviceSpan<T> span() { return {data_, size_}; }
  DeviceSpan<const T> span() const { return {data_, size_}; }

  /// Copies `values`, at most size() of them, in stream order. They must stay untouched until the
  /// stream is synchronised.
  void upload(std::span<const T> values, Stream stream) {
    device::copy_to_device(data_, values.data(), values.size_bytes(), stream);
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A buffer with a copy of `values`. Waits, so that they may go.
template <class T>
DeviceBuffer<T> uploaded(const std::vector<T>& values, Stream stream) {
  DeviceBuffer<T> buffer(values.size());
  buffer.upload(values, stream);
  device::synchronize(stream);
  return buffer;
}

}  // namespace fusemd::cuda
