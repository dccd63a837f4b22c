// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/dense.hpp"
#include "kernels/student_weights.hpp"

namespace fusemd {

struct ReadoutOp {
  unsigned n_channels = 0;  ///< F
  float norm_epsilon = 0.0f;
  ReadoutWeights weights;
  const float* messages = nullptr;         ///< s', V' of the last layer: [n_atoms][4][F]
  const std::uint32_t* element = nullptr;  ///< [n_atoms]: row of weights.energy_offset
  double* atom_energies = nullptr;         ///< [n_atoms], eV, overwritten
  float* grad_messages = nullptr;          ///< dE/ds', dE/dV': [n_atoms][4][F], overwritten
};

/// The last layer's update and the energy head, forward and backward in one kernel: nothing of them
/// reaches global memory but the energies and the gradient. The last layer's vectors are never
/// read, so its beta, delta and M do not exist here, and alpha is folded into the head:
///
///   n = sqrt(sum over a of V'_a^2 + eps^2),   q = U1 [s' ; n] + e1
///   z1 = (A1, A1 U2a) [s' ; SiLU(q)] + (A1 e2a + a1),   z2 = A2 SiLU(z1) + a2
///   E_i = A3 SiLU(z2) + a3 + reference energy of the element
///
///   z1_ = S'(z1) * A2^T (S'(z2) * A3^T),   [s'_ ; p_] = (A1, A1 U2a)^T z1_
///   [s'_ ; n_] = [s'_ ; 0] + U1^T (S'(q) * p_),   V'_a_ = (n_ / n) V'_a
///
/// Source   docs/model.md (9) to (12), (14), (B1) to (B5). Differs: the fold, exact in exact
///          arithmetic, computed in double when weights are packed.
/// Shapes   as beside the pointers; features in kernels/batch.hpp's layout, all 16-byte aligned.
///          grad_messages may not be messages.
/// Needs    element rows below the number of energy offsets: the host checks elements.
/// Work     (8 F^2 + 2 F H + H^2 / 2) multiply-adds an atom, F 48 + 12 bytes an atom and, a tile,
/// all
///          weights from L2: bound by multiply-adds at 16 atoms a tile. Seven barriers a tile.
///          Shared memory: readout_row_floats() an atom of the tile. No scratch in global memory.
/// Result   deterministic; an atom's bits depend on nothing but its own messages and the kind. With
///          kind fma, energies are within 2e-6 of the largest term |A3 SiLU(z2)| of the reference
///          engine, gradients within 2e-6 of the largest of them. The head's terms are added in
///          float, everything after in double.
/// Errors   DeviceError if the launch is refused. n_atoms = 0 returns without launching.
/// Tests    test/simt/kernels/test_readout.cpp
void readout(DenseKind kind,
             const ReadoutOp& op,
             unsigned n_atoms,
             const LaunchPolicy& policy,
             Stream stream);

/// Floats of shared memory an atom of a tile takes.
[[nodiscard]] FUSEMD_HD constexpr unsigned readout_row_floats(unsigned n_channels,
                                                              const ReadoutWeights& weights) {
  const unsigned wide = dense_row_stride(2 * n_channels);
  const unsigned head =
      2 * (dense_row_stride(weights.head_1.n) + dense_row_stride(weights.head_2.n));
  return (wide > head ? wide : head) + wide + dense_row_stride(n_channels);
}
[[nodiscard]] FUSEMD_HD constexpr unsigned readout_row_floats(const ReadoutOp& op) {
  return readout_row_floats(op.n_channels, op.weights);
}

}  // namespace fusemd
