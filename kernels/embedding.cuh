// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/embedding.hpp"
#include "kernels/features.cuh"
#include "kernels/tile.cuh"

namespace fusemd {

/// Atoms [first, first + rows) of embed, by all threads of the block. No barrier inside.
__device__ __forceinline__ void embed_tile(const EmbeddingOp& op, unsigned first, unsigned rows) {
  const unsigned f = op.n_channels;
  for_each_vector(rows, f / 4, [&](unsigned row, unsigned c) {
    const float* source = op.table + std::size_t{op.element[first + row]} * f + c;
    const float4 zero = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    store_features(op.features, first + row, c, f,
                   {simt::load_vector<float4>(source), zero, zero, zero});
  });
}

}  // namespace fusemd
