// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "benchmarks/condensed.hpp"
#include "host/cuda/batch_network.hpp"
#include "host/cuda/device_model.hpp"

namespace fusemd::benchmarks {

/// Copies of one molecule on a device: an evaluation in pieces, in one stream.
class DeviceFixture {
 public:
  /// Evaluates once, so that every stage finds its input. Waits.
  DeviceFixture(std::shared_ptr<const cuda::DeviceModel> model,
                const Droplet& molecule,
                std::size_t copies,
                Stream stream);

  /// Puts a whole evaluation into the stream.
  void evaluate() { network_.evaluate(stream_, false); }

  /// Puts one stage into the stream; no stage: the search for neighbours.
  void run(std::optional<cuda::NetworkStage> stage, unsigned layer);

  /// What a stage has left for every copy, in the order of StageOutputs (cpu_fixture.hpp). Waits.
  /// Energies: one number a copy.
  std::vector<double> output(std::optional<cuda::NetworkStage> stage, unsigned layer);

  std::uint32_t n_atoms() const { return network_.n_atoms(); }
  unsigned n_layers() const { return network_.model().n_layers(); }
  EdgesView edges() { return network_.edges(); }

 private:
  std::vector<double> directions();
  std::vector<double> forces();

  std::size_t copies_;
  Stream stream_;
  cuda::BatchNetwork network_;
};

}  // namespace fusemd::benchmarks
