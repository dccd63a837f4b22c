// SPDX-License-Identifier: MIT
#include "host/cuda/cooperative_loop.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/cuda/loop_model.hpp"
#include "kernels/device_error.hpp"
#include "kernels/embedding.hpp"

namespace fusemd::cuda {
namespace {

/// Blocks of a shape that the device holds at once, as far as the wish lets it have them.
unsigned resident(const DeviceModel& model,
                  std::uint32_t largest,
                  const TeamWish& wish,
                  TeamShape shape) {
  if (wish.threads > 0) shape.threads = wish.threads;
  if (shape.cluster && !wish.cluster.value_or(model.compute_capability() >= 90)) return 0;
  return team_blocks_resident(block_loop_model(model), largest, shape);
}

}  // namespace

TeamChoice teams_on_device(const DeviceModel& model,
                           std::uint32_t n_replicas,
                           std::uint32_t largest,
                           const TeamWish& wish) {
  return choose_teams(n_replicas, largest, model.policy(), [&](const TeamShape& shape) {
    return resident(model, largest, wish, shape);
  });
}

CooperativeLoop::CooperativeLoop(std::shared_ptr<const DeviceModel> model,
                                 DeviceReplicas& replicas,
                                 const TeamWish& wish)
    : model_(std::move(model)), replicas_(replicas), loop_(block_loop_model(*model_)) {
  const unsigned most = replicas.largest();
  TeamChoice choice = teams_on_device(*model_, replicas.n_replicas(), most, wish);
  shape_ = choice.shape;
  reason_ = std::move(choice.reason);
  if (shape_.blocks == 0) throw DeviceError(DeviceProblem::launch_refused, reason_);
  if (wish.teams > 0) shape_.teams = wish.teams;
  if (wish.blocks > 0) shape_.blocks = wish.blocks;
  if (wish.threads > 0) shape_.threads = wish.threads;
  if (wish.tile_rows > 0) shape_.tile_rows = wish.tile_rows;
  shape_.cluster = wish.cluster.value_or(shape_.cluster);
  const unsigned fitting = resident(*model_, most, wish, shape_);
  // Clusters may take turns, but then what they wait for would be a whole run.
  if (shape_.teams * shape_.blocks > fitting) {
    const std::string what = shape_.cluster ? " clusters of " : " teams of ";
    throw DeviceError(DeviceProblem::launch_refused,
                      std::to_string(shape_.teams) + what + std::to_string(shape_.blocks) +
                          " blocks cannot all be resident, the device holds " +
                          std::to_string(fitting) + " blocks");
  }

  const Stream stream = nullptr;
  const std::size_t f = model_->n_channels(), layers = model_->n_layers(), atoms = most;
  const std::size_t teams = shape_.teams, features = teams * atoms * kFeatureComponents * f;
  const std::size_t slots = teams * atoms * (atoms - 1);
  embedded_ = DeviceBuffer<float>(std::size_t{replicas.n_atoms()} * kFeatureComponents * f);
  const std::size_t shown = shape_.cluster ? 0 : 1;  // a cluster's lies in shared memory
  features_ = DeviceBuffer<float>(shown * (layers - 1) * features);
  messages_ = DeviceBuffer<float>(layers * features);
  adjoint_messages_ = DeviceBuffer<float>(shown * 2 * features);
  adjoint_features_ = DeviceBuffer<float>(features);
  slopes_ = DeviceBuffer<float>(teams * (layers - 1) * atoms * f);
  gates_ = DeviceBuffer<float>(teams * (layers - 1) * atoms * (loop_.weights.gates - 1) * f);
  atom_energies_ = DeviceBuffer<double>(shown * teams * atoms);
  forces_ = DeviceBuffer<double>(shown * teams * 3 * atoms);
  std::vector<std::uint32_t> start;
  for (std::size_t i = 0; i <= atoms; ++i) {
    start.push_back(static_cast<std::uint32_t>(i * (atoms - 1)));
  }
  edge_start_ = uploaded(start, stream);
  edge_count_ = DeviceBuffer<std::uint32_t>(teams * atoms);
  edge_j_ = DeviceBuffer<std::uint32_t>(slots);
  edge_geometry_ = DeviceBuffer<float>(4 * slots);
  progress_ = DeviceBuffer<ReplicaProgress>(2 * teams * shape_.blocks);
  words_ = DeviceBuffer<unsigned>(teams * kTeamWordStride);
  device::fill_bytes(words_.data(), 0, words_.bytes(), stream);
  embed({.n_channels = model_->n_channels(),
         .table = loop_.weights.embedding,
         .element = replicas.view().batch.element,
         .features = embedded_.data()},
        replicas.n_atoms(), model_->policy(), stream);
  device::synchronize(stream);
  buffers_ = {.max_atoms = most,
              .embedded = embedded_.data(),
              .features = features_.data(),
              .messages = messages_.data(),
              .adjoint_messages = adjoint_messages_.data(),
              .adjoint_features = adjoint_features_.data(),
              .slopes = slopes_.data(),
              .gates = gates_.data(),
              .atom_energies = atom_energies_.data(),
              .forces = forces_.data(),
              .edge_start = edge_start_.data(),
              .edge_count = edge_count_.data(),
              .edge_j = edge_j_.data(),
              .edge_geometry = edge_geometry_.data(),
              .progress = progress_.data(),
              .words = words_.data()};
}

void CooperativeLoop::start(Stream stream) {
  run_in_teams({.kind = replicas_.kind(), .start = true}, replicas_.view(), loop_, buffers_, shape_,
               stream);
}

void CooperativeLoop::advance(const Interval& interval, const SampleTarget& sample, Stream stream) {
  run_in_teams({.kind = replicas_.kind(),
                .last = interval.last,
                .sample_progress = sample.progress,
                .sample_atoms = sample.atoms},
               replicas_.view(), loop_, buffers_, shape_, stream);
}

std::unique_ptr<ResidentLoop> make_cooperative_loop(std::shared_ptr<const DeviceModel> model,
                                                    DeviceReplicas& replicas) {
  return std::make_unique<CooperativeLoop>(std::move(model), replicas);
}

}  // namespace fusemd::cuda
