// SPDX-License-Identifier: MIT
// kernels/embedding.hpp: blocks stride over tiles of atoms. Bound by writing the features.
#include "kernels/embedding.cuh"
#include "kernels/embedding.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace embedding_kernels {

__global__ void __launch_bounds__(kMaxNodeThreads)
    embed_kernel(EmbeddingOp op, unsigned n_atoms, unsigned tile_rows) {
  for (unsigned first = blockIdx.x * tile_rows; first < n_atoms; first += gridDim.x * tile_rows) {
    embed_tile(op, first, min(tile_rows, n_atoms - first));
  }
}

}  // namespace embedding_kernels

void embed(const EmbeddingOp& op, unsigned n_atoms, const LaunchPolicy& policy, Stream stream) {
  if (n_atoms == 0) return;
  const TileShape tile = tile_shape(n_atoms, 0, policy);
  simt::launch(tile.launch, stream, embedding_kernels::embed_kernel, op, n_atoms, tile.rows);
}

}  // namespace fusemd
