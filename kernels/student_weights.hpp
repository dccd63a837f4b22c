// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/dense.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// Layers that a view has room for: weights/model_check.hpp admits no more.
inline constexpr unsigned kMaxLayers = 16;

/// The update network of one layer but the last: U1, e1, U2, e2, M of docs/model.md (10), (11),
/// (13). "back" matrices are the transposed ones, for gradients with respect to the inputs.
struct UpdateWeights {
  DenseView in;          ///< [2F][F]: rows s', then norms
  DenseView in_back;     ///< [F][2F]
  DenseView out;         ///< [F][gates F]: columns alpha, beta (, delta)
  DenseView out_back;    ///< [gates F][F]
  float mixing[9] = {};  ///< M, row-major; used where gates is 3
};

/// The last layer's update and the energy head. Of U2 only the alpha rows matter, and they are
/// linear, so they are folded into the head's first matrix, in double:
///
///   z1 = A1 (s' + U2a SiLU(q) + e2a) + a1 = A1 s' + (A1 U2a) SiLU(q) + (A1 e2a + a1)
struct ReadoutWeights {
  DenseView in;                   ///< [2F][F]: U1 of the last layer
  DenseView in_back;              ///< [F][2F]
  DenseView head_1;               ///< [2F][H/2]: rows s', then SiLU(q)
  DenseView head_1_back;          ///< [H/2][2F]
  DenseView head_2;               ///< [H/2][H/4]
  DenseView head_2_back;          ///< [H/4][H/2]
  const float* head_3 = nullptr;  ///< [head_2.n], zeros beyond H/4
  /// [max_z + 1], eV: the head's last bias and the element's reference energy.
  const double* energy_offset = nullptr;
};

/// A student model in device memory, as the per-atom kernels want it. Passed to kernels by value or
/// in parts. Made by host/cuda/device_weights.hpp.
struct StudentWeights {
  unsigned n_channels = 0;  ///< F = H, a multiple of 4
  unsigned n_layers = 0;
  unsigned n_elements = 0;  ///< rows of the embedding
  unsigned gates = 0;       ///< 3 with vector_mixing: matrix, 2 with none
  float norm_epsilon = 0.0f;
  const float* embedding = nullptr;  ///< [n_elements][F]
  UpdateWeights update[kMaxLayers];  ///< the first n_layers - 1 are used
  ReadoutWeights readout;
};

}  // namespace fusemd
