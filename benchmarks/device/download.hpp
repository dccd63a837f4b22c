// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "kernels/device_memory.hpp"

namespace fusemd::benchmarks {

/// A copy of what lies in device memory, once the stream's work is done. Waits.
template <class T>
std::vector<T> download(const T* from, std::size_t count, Stream stream) {
  std::vector<T> values(count);
  device::copy_to_host(values.data(), from, count * sizeof(T), stream);
  device::synchronize(stream);
  return values;
}

template <class T>
std::vector<T> download(const cuda::DeviceBuffer<T>& from, Stream stream) {
  return download(from.data(), from.size(), stream);
}

}  // namespace fusemd::benchmarks
