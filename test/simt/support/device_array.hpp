// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernels/device_memory.hpp"
#include "kernels/views.hpp"

namespace fusemd::test {

/// Device memory for a test: made from a vector or uninitialised, read back as a vector.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t size)
      : data_(static_cast<T*>(device::allocate(size * sizeof(T)))), size_(size) {}
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    device::copy_to_device(data_, values.data(), size_ * sizeof(T), nullptr);
    device::synchronize(Stream{});
  }
  ~DeviceArray() { device::release(data_); }
  DeviceArray(DeviceArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  DeviceArray& operator=(DeviceArray&&) = delete;

  [[nodiscard]] T* data() { return data_; }
  [[nodiscard]] const T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] DeviceSpan<T> span() { return {data_, size_}; }
  [[nodiscard]] DeviceSpan<const T> span() const { return {data_, size_}; }

  [[nodiscard]] std::vector<T> download() const {
    std::vector<T> values(size_);
    device::copy_to_host(values.data(), data_, size_ * sizeof(T), nullptr);
    device::synchronize(Stream{});
    return values;
  }

 private:
  T* data_;
  std::size_t size_;
};

/// Device memory filled with zero bytes.
template <class T>
DeviceArray<T> zeroed(std::size_t size) {
  DeviceArray<T> array(size);
  device::fill_bytes(array.data(), 0, size * sizeof(T), nullptr);
  device::synchronize(Stream{});
  return array;
}

}  // namespace fusemd::test
