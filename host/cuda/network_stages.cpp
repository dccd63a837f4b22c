// SPDX-License-Identifier: MIT
#include "host/cuda/network_stages.hpp"

#include <utility>

#include "kernels/embedding.hpp"
#include "kernels/exact_convolution.hpp"
#include "kernels/readout.hpp"
#include "kernels/system_energy.hpp"
#include "kernels/update.hpp"

namespace fusemd::cuda {

NetworkStages::NetworkStages(std::shared_ptr<const DeviceModel> model,
                             const BatchView& batch,
                             std::uint32_t largest_system)
    : model_(std::move(model)),
      batch_(batch),
      largest_system_(largest_system),
      atom_energies_(batch.n_atoms) {
  const std::size_t f = model_->n_channels(), layers = model_->n_layers();
  const std::size_t n = batch.n_atoms;
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
        batch.n_atoms, model_->policy(), nullptr);
  device::synchronize(Stream{});
}

void NetworkStages::evaluate(const EdgesView& edges, const NetworkResults& results, Stream stream) {
  const unsigned last = model_->n_layers() - 1;
  for (unsigned l = 0; l <= last; ++l) {
    run(NetworkStage::convolution, l, edges, results, stream);
    if (l < last) run(NetworkStage::update, l, edges, results, stream);
  }
  run(NetworkStage::readout, last, edges, results, stream);
  run(NetworkStage::energies, last, edges, results, stream);
  for (unsigned l = last + 1; l-- > 0;) {
    run(NetworkStage::convolution_backward, l, edges, results, stream);
    if (l > 0) run(NetworkStage::update_backward, l - 1, edges, results, stream);
  }
}

void NetworkStages::run(NetworkStage stage,
                        unsigned layer,
                        const EdgesView& edges,
                        const NetworkResults& results,
                        Stream stream) {
  const StudentWeights& weights = model_->weights();
  const LaunchPolicy& policy = model_->policy();
  const std::uint32_t n = batch_.n_atoms;
  const UpdateShape shape{.n_channels = weights.n_channels,
                          .gates = weights.gates,
                          .norm_epsilon = weights.norm_epsilon};
  switch (stage) {
    case NetworkStage::convolution:
      return convolve(layer, edges, stream);
    case NetworkStage::convolution_backward:
      return convolve_backward(layer, edges, results, stream);
    case NetworkStage::update:
      return update_forward(model_->dense(),
                            {.shape = shape,
                             .weights = weights.update[layer],
                             .messages = messages_[layer].data(),
                             .features = features_[layer + 1].data(),
                             .slopes = slopes_[layer].data(),
                             .gates = gates_[layer].data()},
                            n, policy, stream);
    case NetworkStage::update_backward:
      return update_backward(model_->dense(),
                             {.shape = shape,
                              .weights = weights.update[layer],
                              .messages = messages_[layer].data(),
                              .slopes = slopes_[layer].data(),
                              .gates = gates_[layer].data(),
                              .grad_features = adjoint_features_.data(),
                              .grad_messages = adjoint_messages_.data()},
                             n, policy, stream);
    case NetworkStage::readout:
      return readout(model_->dense(),
                     {.n_channels = weights.n_channels,
                      .norm_epsilon = weights.norm_epsilon,
                      .weights = weights.readout,
                      .messages = messages_.back().data(),
                      .element = batch_.element,
                      .atom_energies = atom_energies_.data(),
                      .grad_messages = adjoint_messages_.data()},
                     n, policy, stream);
    case NetworkStage::energies:
      return system_energies(batch_, atom_energies_.data(), results.energies, policy, stream);
  }
}

void NetworkStages::convolve(unsigned layer, const EdgesView& edges, Stream stream) {
  const float* features = features_[layer].data();
  float* messages = messages_[layer].data();
  if (model_->exact_filters()) {
    exact_convolution(model_->dense(), model_->filter_network(layer), model_->convolution(layer),
                      batch_, largest_system_, edges, features, messages, model_->policy(), stream);
  } else {
    tabulated_convolution(model_->filter_table(layer), model_->convolution(layer), batch_.n_atoms,
                          edges, features, messages, model_->policy(), stream);
  }
}

void NetworkStages::convolve_backward(unsigned layer,
                                      const EdgesView& edges,
                                      const NetworkResults& results,
                                      Stream stream) {
  const float* features = features_[layer].data();
  const float* adjoint = adjoint_messages_.data();
  float* result = layer == 0 ? nullptr : adjoint_features_.data();
  const Accumulate accumulate = layer + 1 == model_->n_layers() ? Accumulate::set : Accumulate::add;
  if (model_->exact_filters()) {
    exact_convolution_backward(model_->dense(), model_->filter_network(layer),
                               model_->convolution(layer), batch_, largest_system_, edges, features,
                               adjoint, result, results.forces, results.virials, accumulate,
                               model_->policy(), stream);
  } else {
    tabulated_convolution_backward(model_->filter_table(layer), model_->convolution(layer),
                                   batch_.n_atoms, edges, features, adjoint, result, results.forces,
                                   results.virials, accumulate, model_->policy(), stream);
  }
}

}  // namespace fusemd::cuda
