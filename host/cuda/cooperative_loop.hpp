// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_model.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"
#include "host/cuda/team_choice.hpp"
#include "kernels/cooperative_loop.hpp"

namespace fusemd::cuda {

/// What tests and the planner may fix; 0: chosen.
struct TeamWish {
  unsigned teams = 0;
  unsigned blocks = 0;
  unsigned threads = 0;
  unsigned tile_rows = 0;
  std::optional<bool> cluster;
};

/// How the current device would be divided among replicas of up to `largest` atoms: choose_teams()
/// with what is resident on it.
///
/// Needs    a model with filter tables.
TeamChoice teams_on_device(const DeviceModel& model,
                           std::uint32_t n_replicas,
                           std::uint32_t largest,
                           const TeamWish& wish = {});

/// One molecule on many multiprocessors: kernels/cooperative_loop.hpp.
///
/// Cost     device memory, a team: about (28 L + 12) F floats an atom and 20 bytes for each pair of
///          atoms.
/// Errors   DeviceError: out of memory; launch_refused, saying what does not fit, if a molecule is
/// too
///          large for a block's shared memory or a wish for what is resident.
class CooperativeLoop final : public ResidentLoop {
 public:
  /// Needs    a model with filter tables; replicas outlive this.
  CooperativeLoop(std::shared_ptr<const DeviceModel> model,
                  DeviceReplicas& replicas,
                  const TeamWish& wish = {});

  void start(Stream stream) override;
  void advance(const Interval& interval, const SampleTarget& sample, Stream stream) override;

  const TeamShape& shape() const { return shape_; }
  const std::string& reason() const { return reason_; }

 private:
  std::shared_ptr<const DeviceModel> model_;
  DeviceReplicas& replicas_;
  BlockLoopModel loop_;
  TeamShape shape_;
  std::string reason_;
  DeviceBuffer<float> embedded_;
  DeviceBuffer<float> features_, messages_, adjoint_messages_, adjoint_features_, slopes_, gates_;
  DeviceBuffer<double> atom_energies_, forces_;
  DeviceBuffer<std::uint32_t> edge_start_, edge_count_, edge_j_;
  DeviceBuffer<float> edge_geometry_;
  DeviceBuffer<ReplicaProgress> progress_;
  DeviceBuffer<unsigned> words_;
  TeamBuffers buffers_;
};

std::unique_ptr<ResidentLoop> make_cooperative_loop(std::shared_ptr<const DeviceModel> model,
                                                    DeviceReplicas& replicas);

}  // namespace fusemd::cuda
