// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstddef>
#include <type_traits>

namespace fusemd {

/// An array in device memory that somebody else owns. It has no operator[]: host code cannot read
/// device memory, and kernels take the bare pointer. A different type from HostSpan, so that the
/// two cannot be swapped.
template <class T>
struct DeviceSpan {
  T* data = nullptr;
  std::size_t size = 0;

  [[nodiscard]] bool empty() const { return size == 0; }
  [[nodiscard]] std::size_t bytes() const { return size * sizeof(T); }

  [[nodiscard]] DeviceSpan subspan(std::size_t first, std::size_t count) const {
    assert(first <= size && count <= size - first);
    return {data + first, count};
  }

  // A template, because nvcc warns of a conversion that can never be called.
  template <class U>
  requires(std::is_same_v<U, const T> && !std::is_const_v<T>) operator DeviceSpan<U>()
      const {  // NOLINT(google-explicit-constructor): as T* to const T*
    return {data, size};
  }
};

/// An array in host memory that somebody else owns.
template <class T>
struct HostSpan {
  T* data = nullptr;
  std::size_t size = 0;

  [[nodiscard]] bool empty() const { return size == 0; }
  [[nodiscard]] std::size_t bytes() const { return size * sizeof(T); }
  [[nodiscard]] T* begin() const { return data; }
  [[nodiscard]] T* end() const { return data + size; }

  [[nodiscard]] T& operator[](std::size_t i) const {
    assert(i < size);
    return data[i];
  }

  [[nodiscard]] HostSpan subspan(std::size_t first, std::size_t count) const {
    assert(first <= size && count <= size - first);
    return {data + first, count};
  }

  // A template, because nvcc warns of a conversion that can never be called.
  template <class U>
  requires(std::is_same_v<U, const T> && !std::is_const_v<T>) operator HostSpan<U>()
      const {  // NOLINT(google-explicit-constructor): as T* to const T*
    return {data, size};
  }
};

}  // namespace fusemd
