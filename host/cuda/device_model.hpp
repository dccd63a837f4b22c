// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_weights.hpp"
#include "kernels/dense.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/tabulated_convolution.hpp"
#include "weights/model.hpp"

namespace fusemd::cuda {

/// What can be chosen about the arithmetic of a CUDA engine.
struct ModelOptions {
  std::size_t table_intervals = 512;
  DenseKind dense = DenseKind::fma;
  int device = 0;               ///< number of the device that every thread has to use
  int compute_capability = 75;  ///< 10 major + minor of the device: chooses launch shapes
};

/// A student model in device memory: packed weights and one filter table a layer. Immutable; shared
/// by everything that computes with it.
///
/// Errors   DeviceError: out of memory, or the device cannot be used.
class DeviceModel {
 public:
  DeviceModel(const Model& model, const ModelOptions& options);

  const StudentWeights& weights() const { return weights_.view(); }
  unsigned n_layers() const { return weights().n_layers; }
  unsigned n_channels() const { return weights().n_channels; }
  double cutoff() const { return cutoff_; }
  DenseKind dense() const { return options_.dense; }
  int device() const { return options_.device; }
  std::size_t table_intervals() const { return options_.table_intervals; }
  const LaunchPolicy& policy() const { return policy_; }

  FilterTable filters(unsigned layer) const;
  ConvolutionOptions convolution(unsigned layer) const;

  std::size_t bytes() const;  ///< of device memory

 private:
  ModelOptions options_;
  LaunchPolicy policy_;
  double cutoff_;
  bool by_source_;
  DeviceWeights weights_;
  std::vector<DeviceBuffer<float>> tables_;  ///< [layer][n_intervals + 3][3][H]
};

}  // namespace fusemd::cuda
