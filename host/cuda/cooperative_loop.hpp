// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_model.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"
#include "kernels/cooperative_loop.hpp"

namespace fusemd::cuda {

/// How many teams of how many blocks, and why, in words for the run's heading.
struct TeamChoice {
  TeamShape shape;  ///< without blocks if not even one fits the device
  std::string reason;
};

/// Divides a device among replicas, so that no block ever waits for one that is not resident.
///
///   blocks of a team   an atom each, fewer where the device has not as many for every replica
///   teams              one a replica, as many as are resident; each takes several in turn then
///   tile_rows          the atoms of a block, policy.node_rows at most, fewer where shared memory
///                      does not hold them
///   clusters           where a cluster holds the molecule with kClusterAtoms atoms a block at most
///
/// resident   blocks of a shape that the device holds at once; 0: none.
TeamChoice choose_teams(std::uint32_t n_replicas,
                        std::uint32_t largest,
                        const LaunchPolicy& policy,
                        const std::function<unsigned(const TeamShape&)>& resident);

/// With more atoms a block, more blocks are worth more than the cluster's cheaper barrier.
inline constexpr unsigned kClusterAtoms = 2;

/// What tests and the planner may fix; 0: chosen.
struct TeamWish {
  unsigned teams = 0;
  unsigned blocks = 0;
  unsigned threads = 0;
  unsigned tile_rows = 0;
  std::optional<bool> cluster;
};

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
