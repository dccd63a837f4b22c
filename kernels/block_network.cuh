// SPDX-License-Identifier: MIT
#pragma once
// Energy and forces of one small replica by one block: the stages' own text, one after the other,
// with a block barrier where the stream has the end of a launch.

#include "kernels/block_loop.hpp"
#include "kernels/embedding.cuh"
#include "kernels/neighbours.cuh"
#include "kernels/readout.cuh"
#include "kernels/system_energy.cuh"
#include "kernels/tabulated_convolution.cuh"
#include "kernels/tile.cuh"
#include "kernels/update.cuh"

namespace fusemd {

/// A replica's network by one block, for any number of channels.
template <DenseKind kKind>
class BlockNetwork {
 public:
  /// n: the replica's atoms; element [n] in device memory.
  __device__ __forceinline__ BlockNetwork(const BlockLoopModel& model,
                                          unsigned tile_rows,
                                          const BlockArrays& arrays,
                                          const ReplicaView& replica,
                                          const std::uint32_t* element)
      : model_(model),
        tile_rows_(tile_rows),
        arrays_(arrays),
        replica_(replica),
        element_(element),
        n_(replica.n_atoms),
        layer_floats_(feature_offset(replica.n_atoms, model.weights.n_channels)) {}

  /// What does not change from step to step. A barrier must follow.
  __device__ __forceinline__ void prepare() const {
    embed_tile({.n_channels = model_.weights.n_channels,
                .table = model_.weights.embedding,
                .element = element_,
                .features = arrays_.features},
               0, n_);
    for (unsigned i = threadIdx.x; i <= n_; i += blockDim.x) {
      arrays_.edge_start[i] = i * (n_ - 1);
    }
  }

  /// Forces of the replica's positions, in its view, and the energy (eV), to all threads.
  ///
  /// Needs    positions visible to the block; sum_scratch: ordered_sum_doubles(1) of shared memory
  ///          that nobody is using. A barrier must follow before forces are read by other threads.
  __device__ __forceinline__ double evaluate(double* sum_scratch) const {
    // Rows have room for all other atoms: nothing is ever short of it.
    simt::all_pairs_of_system(
        {replica_.x, replica_.y, replica_.z}, model_.cutoff, 0, n_, 0, n_,
        {arrays_.edge_start, arrays_.edge_count, arrays_.edge_j, arrays_.edge_geometry}, nullptr,
        simt::block_warps());
    __syncthreads();
    const unsigned layers = model_.weights.n_layers;
    for (unsigned layer = 0; layer < layers; ++layer) {
      messages_of(layer);
      __syncthreads();
      if (layer + 1 < layers) update(layer);
    }
    read_out();
    const double energy = sum_of_energies(arrays_.atom_energies, n_, sum_scratch);
    for (unsigned layer = layers; layer-- > 0;) {
      adjoints_of(layer);
      if (layer == 0) break;
      __syncthreads();
      update_back(layer - 1);
    }
    return energy;
  }

 private:
  __device__ __forceinline__ EdgesView edges() const {
    return {arrays_.edge_start, arrays_.edge_count, arrays_.edge_j, arrays_.edge_geometry};
  }
  __device__ __forceinline__ float* features(unsigned layer) const {
    return arrays_.features + layer * layer_floats_;
  }
  __device__ __forceinline__ float* messages(unsigned layer) const {
    return arrays_.messages + layer * layer_floats_;
  }
  /// Adjoints of features: where the last layer's messages were, which nobody reads any more.
  __device__ __forceinline__ float* adjoint_features() const {
    return messages(model_.weights.n_layers - 1);
  }
  __device__ __forceinline__ float* slopes(unsigned layer) const {
    return arrays_.slopes + std::size_t{layer} * n_ * model_.weights.n_channels;
  }
  __device__ __forceinline__ float* gate_values(unsigned layer) const {
    const unsigned width = (model_.weights.gates - 1) * model_.weights.n_channels;
    return arrays_.gate_values + std::size_t{layer} * n_ * width;
  }
  __device__ __forceinline__ ConvolutionOptions options(unsigned layer) const {
    return {.n_channels = model_.weights.n_channels,
            .first_layer = layer == 0,
            .by_source = model_.by_source};
  }
  __device__ __forceinline__ UpdateShape update_shape() const {
    return {.n_channels = model_.weights.n_channels,
            .gates = model_.weights.gates,
            .norm_epsilon = model_.weights.norm_epsilon};
  }

  __device__ __forceinline__ void messages_of(unsigned layer) const {
    const FilterTable table = model_.tables[layer];
    if (layer == 0) {
      simt::tabulated_messages<kAnyChannels, true>(table, options(layer), 0, n_, edges(),
                                                   features(layer), messages(layer),
                                                   simt::block_warps());
    } else {
      simt::tabulated_messages<kAnyChannels, false>(table, options(layer), 0, n_, edges(),
                                                    features(layer), messages(layer),
                                                    simt::block_warps());
    }
  }

  /// Forces are set by the last layer, which comes first, and added to by the others.
  __device__ __forceinline__ void adjoints_of(unsigned layer) const {
    const FilterTable table = model_.tables[layer];
    const ForcesView forces{replica_.fx, replica_.fy, replica_.fz};
    const bool add_to = layer + 1 < model_.weights.n_layers;
    if (layer == 0) {
      simt::tabulated_messages_backward<kAnyChannels, true, false>(
          table, options(layer), 0, n_, edges(), features(layer), arrays_.adjoint, nullptr, forces,
          nullptr, add_to, simt::block_warps());
    } else {
      simt::tabulated_messages_backward<kAnyChannels, false, false>(
          table, options(layer), 0, n_, edges(), features(layer), arrays_.adjoint,
          adjoint_features(), forces, nullptr, add_to, simt::block_warps());
    }
  }

  __device__ __forceinline__ void update(unsigned layer) const {
    const UpdateForward op{.shape = update_shape(),
                           .weights = model_.weights.update[layer],
                           .messages = messages(layer),
                           .features = features(layer + 1),
                           .slopes = slopes(layer),
                           .gates = gate_values(layer)};
    for_each_tile(n_, tile_rows_, 0, 1, [&](unsigned first, unsigned rows) {
      update_forward_tile<kKind, DenseTiling::small>(op, first, rows, arrays_.tile);
    });
  }

  __device__ __forceinline__ void update_back(unsigned layer) const {
    const UpdateBackward op{.shape = update_shape(),
                            .weights = model_.weights.update[layer],
                            .messages = messages(layer),
                            .slopes = slopes(layer),
                            .gates = gate_values(layer),
                            .grad_features = adjoint_features(),
                            .grad_messages = arrays_.adjoint};
    for_each_tile(n_, tile_rows_, 0, 1, [&](unsigned first, unsigned rows) {
      update_backward_tile<kKind, DenseTiling::small>(op, first, rows, arrays_.tile);
    });
  }

  __device__ __forceinline__ void read_out() const {
    const ReadoutOp op{.n_channels = model_.weights.n_channels,
                       .norm_epsilon = model_.weights.norm_epsilon,
                       .weights = model_.weights.readout,
                       .messages = messages(model_.weights.n_layers - 1),
                       .element = element_,
                       .atom_energies = arrays_.atom_energies,
                       .grad_messages = arrays_.adjoint};
    for_each_tile(n_, tile_rows_, 0, 1, [&](unsigned first, unsigned rows) {
      readout_tile<kKind, DenseTiling::small>(op, first, rows, arrays_.tile);
    });
  }

  static constexpr unsigned kAnyChannels = 0;

  const BlockLoopModel& model_;
  unsigned tile_rows_;
  const BlockArrays& arrays_;
  const ReplicaView& replica_;
  const std::uint32_t* element_;
  unsigned n_;
  std::size_t layer_floats_;
};

}  // namespace fusemd
