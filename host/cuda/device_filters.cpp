// SPDX-License-Identifier: MIT
#include "host/cuda/device_filters.hpp"

#include "host/cuda/device_weights.hpp"

namespace fusemd::cuda {

DeviceFilters::DeviceFilters(const StudentParameters& parameters) {
  const RadialBasis& basis = parameters.basis;
  const RadialBasisView view{
      .centers = keep(std::vector<float>(basis.centers.begin(), basis.centers.end())),
      .gammas = keep(std::vector<float>(basis.gammas.begin(), basis.gammas.end())),
      .n = static_cast<std::uint32_t>(basis.centers.size()),
      .cutoff = static_cast<float>(parameters.config.cutoff),
      .cut_basis = parameters.config.cutoff_applied_to == CutoffAppliedTo::rbf};
  for (const FilterNetwork& network : parameters.filters) {
    layers_.push_back(
        {.basis = view, .hidden = keep(network.hidden), .output = keep(network.output)});
  }
}

const float* DeviceFilters::keep(const std::vector<float>& values) {
  arrays_.push_back(uploaded(values, nullptr));
  return arrays_.back().data();
}

DenseView DeviceFilters::keep(const Linear& layer) {
  const PackedDense packed = pack_dense(layer);
  return {.weights = keep(packed.weights), .bias = keep(packed.bias), .k = packed.k, .n = packed.n};
}

std::size_t DeviceFilters::bytes() const {
  std::size_t sum = 0;
  for (const DeviceBuffer<float>& array : arrays_) sum += array.bytes();
  return sum;
}

}  // namespace fusemd::cuda
