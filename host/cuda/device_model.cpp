// SPDX-License-Identifier: MIT
#include "host/cuda/device_model.hpp"

#include <span>

#include "host/filter_table.hpp"
#include "host/student_parameters.hpp"
#include "kernels/devices.hpp"

namespace fusemd::cuda {

DeviceModel::DeviceModel(const Model& model, const ModelOptions& options)
    : options_(options),
      policy_(launch_policy(options.compute_capability)),
      cutoff_(model.config.cutoff),
      by_source_(model.config.directional_message == DirectionalMessage::filter_times_source),
      weights_((device::use_device(options.device), student_parameters(model))) {
  for (int layer = 0; layer < model.config.num_interactions; ++layer) {
    const CubicBSpline spline = filter_spline(model, layer, options.table_intervals);
    const std::vector<float> rounded(spline.coefficients.begin(), spline.coefficients.end());
    tables_.emplace_back(rounded.size()).upload(rounded, nullptr);
    device::synchronize(Stream{nullptr});
  }
}

FilterTable DeviceModel::filters(unsigned layer) const {
  return {.coefficients = tables_[layer].data(),
          .n_intervals = static_cast<std::uint32_t>(options_.table_intervals),
          .intervals_per_length =
              static_cast<float>(static_cast<double>(options_.table_intervals) / cutoff_)};
}

ConvolutionOptions DeviceModel::convolution(unsigned layer) const {
  return {.n_channels = n_channels(), .first_layer = layer == 0, .by_source = by_source_};
}

std::size_t DeviceModel::bytes() const {
  std::size_t sum = weights_.bytes();
  for (const DeviceBuffer<float>& table : tables_) sum += table.bytes();
  return sum;
}

}  // namespace fusemd::cuda
