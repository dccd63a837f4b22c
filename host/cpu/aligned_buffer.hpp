// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace fusemd::cpu {

/// Cache-line aligned array for SIMD code. It only grows, so that a step loop which has seen its
/// largest size allocates nothing more.
template <class T>
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t count) { ensure(count); }

  /// At least `count` elements. Growing zeroes the new memory and loses the old contents.
  void ensure(std::size_t count) {
    if (count <= capacity_) return;
    const std::size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    memory_.reset(static_cast<T*>(::operator new (bytes, std::align_val_t{kAlignment})));
    std::memset(static_cast<void*>(memory_.get()), 0, bytes);
    capacity_ = count;
  }

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  T& operator[](std::size_t k) { return memory_.get()[k]; }
  const T& operator[](std::size_t k) const { return memory_.get()[k]; }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete (p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace fusemd::cpu
