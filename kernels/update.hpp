// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/dense.hpp"
#include "kernels/student_weights.hpp"

namespace fusemd {

/// What both directions of an update share.
struct UpdateShape {
  unsigned n_channels = 0;  ///< F
  unsigned gates = 0;       ///< 2, or 3 with vector_mixing: matrix
  float norm_epsilon = 0.0f;
};

struct UpdateForward {
  UpdateShape shape;
  UpdateWeights weights;
  const float* messages = nullptr;  ///< s', V': [n_atoms][4][F]
  float* features = nullptr;        ///< s, V of the next layer: [n_atoms][4][F], overwritten
  float* slopes = nullptr;          ///< S'(q): [n_atoms][F], overwritten
  float* gates = nullptr;           ///< beta (, delta): [n_atoms][gates - 1][F], overwritten
};

struct UpdateBackward {
  UpdateShape shape;
  UpdateWeights weights;
  const float* messages = nullptr;  ///< as in the forward pass
  const float* slopes = nullptr;    ///< as the forward pass left them
  const float* gates = nullptr;
  const float* grad_features = nullptr;  ///< dE/ds, dE/dV of the output: [n_atoms][4][F]
  float* grad_messages = nullptr;        ///< dE/ds', dE/dV'; may be grad_features
};

/// The update block of one layer but the last, dense layers, norms and gates in one kernel:
///
///   n = sqrt(sum over a of V'_a^2 + eps^2),   q = U1 [s' ; n] + e1
///   (alpha, beta, delta) = U2 SiLU(q) + e2
///   s = s' + alpha,   V_a = V'_a beta + (sum over b of M[a,b] V'_b) delta
///
/// Source   docs/model.md (9) to (13), (9') and (13'). Differs: with vector_mixing: none (gates =
/// 2)
///          neither delta nor M exists.
/// Shapes   as beside the pointers; features in kernels/batch.hpp's layout, all 16-byte aligned.
/// Needs    `messages` of all atoms; shape.gates as the weights were packed.
/// Work     2 F (2 F + gates F) flops an atom; F (32 + 4 gates) bytes an atom and, a tile, all
///          weights from L2: bound by multiply-adds at 16 atoms a tile. A block takes a tile of
///          atoms through four stages with a barrier between them. Shared memory:
///          update_row_floats() an atom of the tile. No scratch in global memory, no host sync.
/// Result   deterministic; an atom's bits depend on nothing but its own messages and the kind. With
///          kind fma within 2e-6 of the largest value of the layer from the reference engine.
/// Errors   DeviceError if the launch is refused. n_atoms = 0 returns without launching.
/// Tests    test/simt/kernels/test_update.cpp
void update_forward(DenseKind kind,
                    const UpdateForward& op,
                    unsigned n_atoms,
                    const LaunchPolicy& policy,
                    Stream stream);

/// Its gradient, from the adjoint of the outputs to that of the inputs:
///
///   alpha_ = s_,   beta_ = sum over a of V_a_ V'_a,   delta_ = sum over a of V_a_ (M V')_a
///   [s'_ ; n_] = U1^T [ S'(q) * U2^T (alpha_, beta_, delta_) ],   s'_ += s_
///   V'_a_ = V_a_ beta + (sum over b of M[b,a] V_b_) delta + (n_ / n) V'_a
///
/// The norm is computed again from V', which costs less than reading it. Where it is 0 (only with
/// norm_epsilon = 0) the last term is 0.
///
/// Source   docs/model.md (B2) to (B5). Differs: none.
/// Work, result and errors as of update_forward; F (52 + 4 gates) bytes an atom.
void update_backward(DenseKind kind,
                     const UpdateBackward& op,
                     unsigned n_atoms,
                     const LaunchPolicy& policy,
                     Stream stream);

/// Floats of shared memory an atom of a tile takes: a row for [s' ; n] or the gates, and one for
/// SiLU(q).
[[nodiscard]] FUSEMD_HD constexpr unsigned update_row_floats(const UpdateShape& shape) {
  return dense_row_stride(shape.gates * shape.n_channels) + dense_row_stride(shape.n_channels);
}

}  // namespace fusemd
