// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/student_parameters.hpp"
#include "kernels/student_weights.hpp"

namespace fusemd::cuda {

/// A dense layer as it lies in device memory (kernels/dense.hpp), still on the host.
struct PackedDense {
  unsigned k = 0, n = 0;       ///< padded
  std::vector<float> weights;  ///< [k / 4][n][4]
  std::vector<float> bias;     ///< [n]
};

/// Packs y = W x + b, and its transpose (no bias). Rounds to float once.
PackedDense pack_dense(const Linear& layer);
PackedDense pack_transposed(const Linear& layer);

/// The energy head's first layer with the last layer's alpha gate folded into it: input [s' ;
/// SiLU(q)], output z1 (kernels/student_weights.hpp).
Linear folded_head(const StudentParameters& parameters);

/// The per-atom part of a student model, in device memory from construction to destruction. Each
/// array has an allocation of its own, so that an index beyond its end is found where kernels are
/// checked.
///
/// Cost     about 8 bytes a live parameter of the update and head matrices: both orientations.
/// Errors   DeviceError: out of memory. Host memory is free again when the constructor returns.
class DeviceWeights {
 public:
  explicit DeviceWeights(const StudentParameters& parameters, Stream stream = nullptr);

  const StudentWeights& view() const { return view_; }
  std::size_t bytes() const;  ///< of device memory

 private:
  const float* keep(const std::vector<float>& values, Stream stream);
  DenseView keep(const PackedDense& layer, Stream stream);

  std::vector<DeviceBuffer<float>> arrays_;
  DeviceBuffer<double> energy_offset_;
  StudentWeights view_;
};

}  // namespace fusemd::cuda
