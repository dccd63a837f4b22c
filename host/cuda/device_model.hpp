// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_filters.hpp"
#include "host/cuda/device_weights.hpp"
#include "kernels/dense.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/tabulated_convolution.hpp"
#include "weights/model.hpp"

namespace fusemd::cuda {

/// What can be chosen about the arithmetic of a CUDA engine.
struct ModelOptions {
  bool exact_filters = false;  ///< the filter network itself instead of tables
  std::size_t table_intervals = 512;
  DenseKind dense = DenseKind::fma;
  int device = 0;               ///< number of the device that every thread has to use
  int compute_capability = 75;  ///< 10 major + minor of the device: chooses launch shapes
};

/// A student model in device memory: packed weights, and one filter table or filter network a
/// layer. Immutable; shared by everything that computes with it.
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
  int compute_capability() const { return options_.compute_capability; }
  std::size_t table_intervals() const { return options_.table_intervals; }
  const LaunchPolicy& policy() const { return policy_; }

  bool exact_filters() const { return options_.exact_filters; }
  FilterTable filter_table(unsigned layer) const;          ///< unless filters are exact
  FilterNetworkView filter_network(unsigned layer) const;  ///< if they are
  ConvolutionOptions convolution(unsigned layer) const;

  std::size_t bytes() const;  ///< of device memory

 private:
  ModelOptions options_;
  LaunchPolicy policy_;
  double cutoff_;
  bool by_source_;
  DeviceWeights weights_;
  std::vector<DeviceBuffer<float>> tables_;  ///< [layer][n_intervals + 3][3][H]
  std::optional<DeviceFilters> networks_;
};

}  // namespace fusemd::cuda
