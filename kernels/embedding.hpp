// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

struct EmbeddingOp {
  unsigned n_channels = 0;                 ///< F
  const float* table = nullptr;            ///< [n_elements][F]
  const std::uint32_t* element = nullptr;  ///< [n_atoms]: row of the table
  float* features = nullptr;               ///< [n_atoms][4][F], overwritten
};

/// The first layer's input: s_i = Emb[element of i], V_i = 0.
///
/// Source   docs/model.md, after (4). Differs: none.
/// Shapes   as beside the pointers, all 16-byte aligned. Features in kernels/batch.hpp's layout.
/// Needs    element < n_elements: the host checks elements.
/// Work     20 F bytes an atom. The features depend on the elements alone: once a run is enough.
/// Result   exact.
/// Errors   DeviceError if the launch is refused. n_atoms = 0 returns without launching.
/// Tests    test/simt/kernels/test_embedding.cpp
void embed(const EmbeddingOp& op, unsigned n_atoms, const LaunchPolicy& policy, Stream stream);

}  // namespace fusemd
