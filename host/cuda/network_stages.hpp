// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_model.hpp"
#include "kernels/batch.hpp"

namespace fusemd::cuda {

/// Where an evaluation leaves its results, in device memory.
struct NetworkResults {
  ForcesView forces;           ///< eV/Angstrom
  double* energies = nullptr;  ///< [n_systems], eV
  double* virials = nullptr;   ///< null, or [n_atoms][9], eV
};

/// One kernel of an evaluation: of a layer, except for the last two.
enum class NetworkStage {
  convolution,
  update,  ///< of every layer but the last
  convolution_backward,
  update_backward,
  readout,   ///< energies of atoms, and what their messages get back
  energies,  ///< of systems
};

/// The network from edges to energies and forces, one kernel a stage, forward and backward. Owns
/// what lies between; allocates nothing after construction.
///
/// Result   a system's energy and forces have the same bits alone and in any batch.
/// Cost     about (28 L + 6) F floats of device memory an atom; 4 L launches an evaluation.
/// Errors   DeviceError: out of memory, or a launch that the device refuses.
class NetworkStages {
 public:
  /// Waits for the stream `nullptr`. largest_system: its number of atoms.
  NetworkStages(std::shared_ptr<const DeviceModel> model,
                const BatchView& batch,
                std::uint32_t largest_system);

  const DeviceModel& model() const { return *model_; }

  /// Puts one evaluation into the stream. Does not wait.
  void evaluate(const EdgesView& edges, const NetworkResults& results, Stream stream);

  /// One stage alone, from what the stages before it have left. Stages that add to forces do so
  /// every time.
  void run(NetworkStage stage,
           unsigned layer,
           const EdgesView& edges,
           const NetworkResults& results,
           Stream stream);

  // What stages leave in device memory: [n_atoms][4][F] each.
  const float* features(unsigned layer) const { return features_[layer].data(); }  ///< its input
  const float* messages(unsigned layer) const { return messages_[layer].data(); }
  const float* adjoint_features() const { return adjoint_features_.data(); }
  const float* adjoint_messages() const { return adjoint_messages_.data(); }
  const double* atom_energies() const { return atom_energies_.data(); }  ///< [n_atoms], eV

 private:
  void convolve(unsigned layer, const EdgesView& edges, Stream stream);
  void convolve_backward(unsigned layer,
                         const EdgesView& edges,
                         const NetworkResults& results,
                         Stream stream);

  std::shared_ptr<const DeviceModel> model_;
  BatchView batch_;
  std::uint32_t largest_system_;
  DeviceBuffer<double> atom_energies_;
  // [n_atoms][4][F] each: the input of every layer, and what its convolution made of it.
  std::vector<DeviceBuffer<float>> features_, messages_;
  // What the update's backward pass needs of its forward pass.
  std::vector<DeviceBuffer<float>> slopes_, gates_;
  DeviceBuffer<float> adjoint_messages_, adjoint_features_;
};

}  // namespace fusemd::cuda
