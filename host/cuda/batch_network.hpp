// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_model.hpp"
#include "host/cuda/edge_finder.hpp"
#include "host/cuda/network_stages.hpp"
#include "kernels/batch.hpp"

namespace fusemd::cuda {

/// Energies and forces of a batch of systems on a device. Owns every array from the positions to
/// the forces; after construction it allocates only when a list of edges has to grow.
///
/// Result   a system's energy and forces have the same bits alone and in any batch.
/// Cost     that of NetworkStages, and 20 bytes of device memory an edge.
/// Errors   DeviceError: out of memory, or a launch that the device refuses.
class BatchNetwork {
 public:
  /// `systems`: the atomic numbers of each; elements are checked by the caller.
  BatchNetwork(std::shared_ptr<const DeviceModel> model, std::span<const std::vector<int>> systems);

  std::uint32_t n_systems() const { return batch_.n_systems; }
  std::uint32_t n_atoms() const { return batch_.n_atoms; }
  const BatchView& batch() const { return batch_; }
  const DeviceModel& model() const { return stages_->model(); }

  // In device memory; x, y, z are rows of [n_atoms].
  double* positions() { return positions_.data(); }            ///< [3][n_atoms], Angstrom
  const double* forces() const { return forces_.data(); }      ///< [3][n_atoms], eV/Angstrom
  const double* energies() const { return energies_.data(); }  ///< [n_systems], eV
  const double* virials() const { return virials_.data(); }    ///< [n_atoms][9], eV

  /// Puts one evaluation into the stream: energies and forces of the positions, and virials if
  /// wanted. Does not wait.
  void evaluate(Stream stream, bool with_virials);

  // The parts of evaluate(), one by one: for benchmarks.
  void find_edges(Stream stream);
  void run(NetworkStage stage, unsigned layer, Stream stream);
  const NetworkStages& stages() const { return *stages_; }
  EdgesView edges() { return edge_finder_->edges(); }

  /// Waits, and looks whether every list of edges had room. If not, the lists have more now and
  /// what was computed is void: evaluate() again.
  bool edges_had_room(Stream stream) { return edge_finder_->had_room(stream); }

 private:
  NetworkResults results(bool with_virials);

  std::vector<std::uint32_t> system_start_;  ///< [n_systems + 1]

  DeviceBuffer<std::uint32_t> device_start_, device_system_, device_element_;
  BatchView batch_;
  DeviceBuffer<double> positions_, forces_, energies_, virials_;

  // Both need the batch in device memory.
  std::optional<EdgeFinder> edge_finder_;
  std::optional<NetworkStages> stages_;
};

}  // namespace fusemd::cuda
