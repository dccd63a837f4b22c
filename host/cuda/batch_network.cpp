// SPDX-License-Identifier: MIT
#include "host/cuda/batch_network.hpp"

#include <algorithm>
#include <utility>

#include "kernels/embedding.hpp"
#include "kernels/exact_convolution.hpp"
#include "kernels/readout.hpp"
#include "kernels/system_energy.hpp"
#include "kernels/update.hpp"

namespace fusemd::cuda {
namespace {

std::vector<std::uint32_t> starts_of(std::span<const std::vector<int>> systems) {
  std::vector<std::uint32_t> starts = {0};
  for (const std::vector<int>& system : systems) {
    starts.push_back(starts.back() + static_cast<std::uint32_t>(system.size()));
  }
  return starts;
}

}  // namespace

BatchNetwork::BatchNetwork(std::shared_ptr<const DeviceModel> model,
                           std::span<const std::vector<int>> systems)
    : model_(std::move(model)), system_start_(starts_of(systems)) {
  const Stream stream = nullptr;
  const std::uint32_t n = system_start_.back();
  std::vector<std::uint32_t> system, element;
  for (std::uint32_t s = 0; s < systems.size(); ++s) {
    for (const int z : systems[s]) {
      system.push_back(s);
      element.push_back(static_cast<std::uint32_t>(z));
    }
    largest_system_ = std::max(largest_system_, static_cast<std::uint32_t>(systems[s].size()));
  }
  device_start_ = uploaded(system_start_, stream);
  device_system_ = uploaded(system, stream);
  device_element_ = uploaded(element, stream);
  batch_ = {.n_systems = static_cast<std::uint32_t>(systems.size()),
            .n_atoms = n,
            .system_start = device_start_.data(),
            .system = device_system_.data(),
            .element = device_element_.data()};

  positions_ = DeviceBuffer<double>(std::size_t{3} * n);
  forces_ = DeviceBuffer<double>(std::size_t{3} * n);
  atom_energies_ = DeviceBuffer<double>(n);
  energies_ = DeviceBuffer<double>(systems.size());
  virials_ = DeviceBuffer<double>(std::size_t{9} * n);
  edge_finder_.emplace(system_start_, batch_, model_->cutoff());

  const std::size_t f = model_->n_channels(), layers = model_->n_layers();
  const std::size_t features = n * kFeatureComponents * f;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    features_.emplace_back(features);
    messages_.emplace_back(features);
    if (layer + 1 == layers) continue;
    slopes_.emplace_back(n * f);
    gates_.emplace_back(n * (model_->weights().gates - 1) * f);
  }
  adjoint_messages_ = DeviceBuffer<float>(features);
  adjoint_features_ = DeviceBuffer<float>(features);

  // The first layer's input depends on the elements alone.
  embed({.n_channels = model_->n_channels(),
         .table = model_->weights().embedding,
         .element = batch_.element,
         .features = features_.front().data()},
        n, model_->policy(), stream);
  device::synchronize(stream);
}

void BatchNetwork::evaluate(Stream stream, bool with_virials) {
  const StudentWeights& weights = model_->weights();
  const LaunchPolicy& policy = model_->policy();
  const unsigned layers = model_->n_layers();
  const std::uint32_t n = n_atoms();
  const std::size_t row = n;

  const PositionsView positions{positions_.data(), positions_.data() + row,
                                positions_.data() + 2 * row};
  const ForcesView forces{forces_.data(), forces_.data() + row, forces_.data() + 2 * row};
  edge_finder_->find(positions, policy, stream);
  const EdgesView edges = edge_finder_->edges();

  const UpdateShape shape{.n_channels = weights.n_channels,
                          .gates = weights.gates,
                          .norm_epsilon = weights.norm_epsilon};
  for (unsigned l = 0; l < layers; ++l) {
    convolve(l, edges, stream);
    if (l + 1 == layers) break;
    update_forward(model_->dense(),
                   {.shape = shape,
                    .weights = weights.update[l],
                    .messages = messages_[l].data(),
                    .features = features_[l + 1].data(),
                    .slopes = slopes_[l].data(),
                    .gates = gates_[l].data()},
                   n, policy, stream);
  }
  readout(model_->dense(),
          {.n_channels = weights.n_channels,
           .norm_epsilon = weights.norm_epsilon,
           .weights = weights.readout,
           .messages = messages_.back().data(),
           .element = batch_.element,
           .atom_energies = atom_energies_.data(),
           .grad_messages = adjoint_messages_.data()},
          n, policy, stream);
  system_energies(batch_, atom_energies_.data(), energies_.data(), policy, stream);

  for (unsigned l = layers; l-- > 0;) {
    convolve_backward(l, edges, forces, with_virials, stream);
    if (l == 0) break;
    update_backward(model_->dense(),
                    {.shape = shape,
                     .weights = weights.update[l - 1],
                     .messages = messages_[l - 1].data(),
                     .slopes = slopes_[l - 1].data(),
                     .gates = gates_[l - 1].data(),
                     .grad_features = adjoint_features_.data(),
                     .grad_messages = adjoint_messages_.data()},
                    n, policy, stream);
  }
}

void BatchNetwork::convolve(unsigned layer, const EdgesView& edges, Stream stream) {
  const float* features = features_[layer].data();
  float* messages = messages_[layer].data();
  if (model_->exact_filters()) {
    exact_convolution(model_->dense(), model_->filter_network(layer), model_->convolution(layer),
                      batch_, largest_system_, edges, features, messages, model_->policy(), stream);
  } else {
    tabulated_convolution(model_->filter_table(layer), model_->convolution(layer), n_atoms(), edges,
                          features, messages, model_->policy(), stream);
  }
}

void BatchNetwork::convolve_backward(unsigned layer,
                                     const EdgesView& edges,
                                     const ForcesView& forces,
                                     bool with_virials,
                                     Stream stream) {
  const float* features = features_[layer].data();
  const float* adjoint = adjoint_messages_.data();
  float* result = layer == 0 ? nullptr : adjoint_features_.data();
  double* virials = with_virials ? virials_.data() : nullptr;
  const Accumulate accumulate = layer + 1 == model_->n_layers() ? Accumulate::set : Accumulate::add;
  if (model_->exact_filters()) {
    exact_convolution_backward(model_->dense(), model_->filter_network(layer),
                               model_->convolution(layer), batch_, largest_system_, edges, features,
                               adjoint, result, forces, virials, accumulate, model_->policy(),
                               stream);
  } else {
    tabulated_convolution_backward(model_->filter_table(layer), model_->convolution(layer),
                                   n_atoms(), edges, features, adjoint, result, forces, virials,
                                   accumulate, model_->policy(), stream);
  }
}

}  // namespace fusemd::cuda
