// SPDX-License-Identifier: MIT
#include "host/cuda/batch_network.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/embedding.hpp"
#include "kernels/neighbours.hpp"
#include "kernels/readout.hpp"
#include "kernels/system_energy.hpp"
#include "kernels/update.hpp"

namespace fusemd::cuda {
namespace {

/// Edges an atom that a list starts with: more than matter at the density of an organic crystal has
/// within 5 Angstrom (some 60 atoms), and every other atom of a small molecule.
constexpr std::uint32_t kFirstRoom = 96;

std::vector<std::uint32_t> starts_of(std::span<const std::vector<int>> systems) {
  std::vector<std::uint32_t> starts = {0};
  for (const std::vector<int>& system : systems) {
    starts.push_back(starts.back() + static_cast<std::uint32_t>(system.size()));
  }
  return starts;
}

template <class T>
DeviceBuffer<T> uploaded(const std::vector<T>& values, Stream stream) {
  DeviceBuffer<T> buffer(values.size());
  buffer.upload(values, stream);
  device::synchronize(stream);  // `values` may go
  return buffer;
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
    const auto others = static_cast<std::uint32_t>(std::max<std::size_t>(systems[s].size(), 1) - 1);
    edge_room_.push_back(std::min(others, kFirstRoom));
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
  edge_count_ = DeviceBuffer<std::uint32_t>(n);
  room_needed_ = DeviceBuffer<std::uint32_t>(systems.size());
  host_room_needed_ = PinnedBuffer<std::uint32_t>(systems.size());
  lay_out_edges(stream);

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

void BatchNetwork::lay_out_edges(Stream stream) {
  std::vector<std::uint32_t> start = {0};
  for (std::uint32_t s = 0; s < n_systems(); ++s) {
    for (std::uint32_t i = system_start_[s]; i < system_start_[s + 1]; ++i) {
      start.push_back(start.back() + edge_room_[s]);
    }
  }
  edge_start_ = uploaded(start, stream);
  edge_j_ = DeviceBuffer<std::uint32_t>(start.back());
  edge_geometry_ = DeviceBuffer<float>(std::size_t{4} * start.back());
}

void BatchNetwork::evaluate(Stream stream, bool with_virials) {
  const StudentWeights& weights = model_->weights();
  const LaunchPolicy& policy = model_->policy();
  const unsigned layers = model_->n_layers();
  const std::uint32_t n = n_atoms();
  const std::size_t row = n;

  const MutableEdges edges{.start = edge_start_.data(),
                           .count = edge_count_.data(),
                           .j = edge_j_.data(),
                           .geometry = edge_geometry_.data()};
  const PositionsView positions{positions_.data(), positions_.data() + row,
                                positions_.data() + 2 * row};
  const ForcesView forces{forces_.data(), forces_.data() + row, forces_.data() + 2 * row};
  device::fill_bytes(room_needed_.data(), 0, room_needed_.bytes(), stream);
  all_pairs(batch_, positions, model_->cutoff(), edges, room_needed_.data(), policy, stream);

  const UpdateShape shape{.n_channels = weights.n_channels,
                          .gates = weights.gates,
                          .norm_epsilon = weights.norm_epsilon};
  for (unsigned l = 0; l < layers; ++l) {
    tabulated_convolution(model_->filters(l), model_->convolution(l), n, edges, features_[l].data(),
                          messages_[l].data(), policy, stream);
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
    tabulated_convolution_backward(
        model_->filters(l), model_->convolution(l), n, edges, features_[l].data(),
        adjoint_messages_.data(), l == 0 ? nullptr : adjoint_features_.data(), forces,
        with_virials ? virials_.data() : nullptr,
        l + 1 == layers ? Accumulate::set : Accumulate::add, policy, stream);
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
  device::copy_to_host(host_room_needed_.data(), room_needed_.data(), room_needed_.bytes(), stream);
}

bool BatchNetwork::edges_had_room(Stream stream) {
  device::synchronize(stream);
  bool enough = true;
  for (std::uint32_t s = 0; s < n_systems(); ++s) {
    const std::uint32_t needed = host_room_needed_[s];
    if (needed <= edge_room_[s]) continue;
    enough = false;
    // A quarter more, so that a system that contracts does not grow its lists at every step.
    const std::uint32_t others = system_start_[s + 1] - system_start_[s] - 1;
    edge_room_[s] = std::min(others, needed + needed / 4);
  }
  if (!enough) lay_out_edges(stream);
  return enough;
}

}  // namespace fusemd::cuda
