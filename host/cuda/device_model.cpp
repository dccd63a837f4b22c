// SPDX-License-Identifier: MIT
#include "host/cuda/device_model.hpp"

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
  if (options.exact_filters) {
    networks_.emplace(student_parameters(model));
    return;
  }
  for (int layer = 0; layer < model.config.num_interactions; ++layer) {
    const CubicBSpline spline = filter_spline(model, layer, options.table_intervals);
    tables_.push_back(uploaded(
        std::vector<float>(spline.coefficients.begin(), spline.coefficients.end()), nullptr));
  }
}

FilterTable DeviceModel::filter_table(unsigned layer) const {
  return {.coefficients = tables_[layer].data(),
          .n_intervals = static_cast<std::uint32_t>(options_.table_intervals),
          .intervals_per_length =
              static_cast<float>(static_cast<double>(options_.table_intervals) / cutoff_)};
}

FilterNetworkView DeviceModel::filter_network(unsigned layer) const {
  return networks_->layer(layer);
}

ConvolutionOptions DeviceModel::convolution(unsigned layer) const {
  return {.n_channels = n_channels(), .first_layer = layer == 0, .by_source = by_source_};
}

std::size_t DeviceModel::bytes() const {
  std::size_t sum = weights_.bytes();
  for (const DeviceBuffer<float>& table : tables_) sum += table.bytes();
  if (networks_) sum += networks_->bytes();
  return sum;
}

}  // namespace fusemd::cuda
