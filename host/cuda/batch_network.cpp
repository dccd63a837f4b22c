// SPDX-License-Identifier: MIT
#include "host/cuda/batch_network.hpp"

#include <algorithm>
#include <utility>

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
    : system_start_(starts_of(systems)) {
  const Stream stream = nullptr;
  const std::uint32_t n = system_start_.back();
  std::vector<std::uint32_t> system, element;
  std::uint32_t largest_system = 0;
  for (std::uint32_t s = 0; s < systems.size(); ++s) {
    for (const int z : systems[s]) {
      system.push_back(s);
      element.push_back(static_cast<std::uint32_t>(z));
    }
    largest_system = std::max(largest_system, static_cast<std::uint32_t>(systems[s].size()));
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
  energies_ = DeviceBuffer<double>(systems.size());
  virials_ = DeviceBuffer<double>(std::size_t{9} * n);
  edge_finder_.emplace(system_start_, batch_, model->cutoff());
  stages_.emplace(std::move(model), batch_, largest_system);
}

void BatchNetwork::evaluate(Stream stream, bool with_virials) {
  find_edges(stream);
  stages_->evaluate(edge_finder_->edges(), results(with_virials), stream);
}

void BatchNetwork::find_edges(Stream stream) {
  const std::size_t row = n_atoms();
  const PositionsView positions{positions_.data(), positions_.data() + row,
                                positions_.data() + 2 * row};
  edge_finder_->find(positions, model().policy(), stream);
}

void BatchNetwork::run(NetworkStage stage, unsigned layer, Stream stream) {
  stages_->run(stage, layer, edge_finder_->edges(), results(false), stream);
}

NetworkResults BatchNetwork::results(bool with_virials) {
  const std::size_t row = n_atoms();
  return {.forces = {forces_.data(), forces_.data() + row, forces_.data() + 2 * row},
          .energies = energies_.data(),
          .virials = with_virials ? virials_.data() : nullptr};
}

}  // namespace fusemd::cuda
