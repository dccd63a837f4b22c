// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/student_parameters.hpp"
#include "kernels/exact_convolution.hpp"

namespace fusemd::cuda {

/// The filter networks of a model in device memory, packed as kernels/exact_convolution.hpp wants
/// them. Rounded to float once.
///
/// Errors   DeviceError: out of memory.
class DeviceFilters {
 public:
  explicit DeviceFilters(const StudentParameters& parameters);

  FilterNetworkView layer(unsigned index) const { return layers_[index]; }
  std::size_t bytes() const;  ///< of device memory

 private:
  const float* keep(const std::vector<float>& values);
  DenseView keep(const Linear& layer);

  std::vector<DeviceBuffer<float>> arrays_;
  std::vector<FilterNetworkView> layers_;
};

}  // namespace fusemd::cuda
