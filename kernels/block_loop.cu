// SPDX-License-Identifier: MIT
// kernels/block_loop.hpp: a block a replica. Bound: for one molecule the chain of barriers and of
// loads from L2 between them, for many the multiply-adds, as the stages. Rejected: weights in
// shared memory. Those of one layer of 128 channels are 256 KB in both orientations, and a block
// reads them once a tile.
#include <algorithm>

#include "kernels/block_loop.cuh"
#include "kernels/block_loop.hpp"

namespace fusemd {

BlockLoopLaunch block_loop_launch(const StudentWeights& weights,
                                  std::uint32_t largest,
                                  std::uint32_t n_replicas,
                                  const LaunchPolicy& policy) {
  const UpdateShape update{.n_channels = weights.n_channels, .gates = weights.gates};
  const ReadoutOp readout{.n_channels = weights.n_channels, .weights = weights.readout};
  BlockLoopLaunch launch;
  BlockShape& shape = launch.shape;
  shape = {.atoms = largest,
           .n_channels = weights.n_channels,
           .n_layers = weights.n_layers,
           .gates = weights.gates,
           .row_floats = std::max(update_row_floats(update), readout_row_floats(readout))};
  const std::size_t row_bytes = shape.row_floats * sizeof(float);
  const std::size_t fitting = std::max<std::size_t>(1, policy.loop_shared_bytes / 2 / row_bytes);
  shape.tile_rows = static_cast<unsigned>(
      std::min({std::size_t{policy.node_rows}, fitting, std::size_t{largest}}));
  launch.placement = place_block_arrays(shape, policy.loop_shared_bytes);
  launch.threads = policy.loop_threads;
  launch.blocks = std::min(n_replicas, policy.loop_blocks);
  return launch;
}

void block_loop(DenseKind kind, const BlockLoopOp& op, Stream stream) {
  if (op.replicas.batch.n_systems == 0) return;
  if (kind != DenseKind::fma) return block_loop_tensor_cores(kind, op, stream);
  simt::launch(block_loop_shape(op.launch), stream,
               block_loop_kernels::block_per_replica<DenseKind::fma>, op);
}

}  // namespace fusemd
