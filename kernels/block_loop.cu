// SPDX-License-Identifier: MIT
// kernels/block_loop.hpp: a block a replica. Bound: for one molecule the chain of barriers and of
// loads from L2 between them, for many the multiply-adds, as the stages. Rejected: weights in
// shared memory. Those of one layer of 128 channels are 256 KB in both orientations, and a block
// reads them once a tile.
#include <algorithm>

#include "kernels/block_loop.cuh"
#include "kernels/block_loop.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace block_loop_kernels {

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxBlockLoopThreads, 1) block_per_replica(BlockLoopOp op) {
  FUSEMD_SHARED(double, dynamics_scratch, [kDynamicsDoubles]);
  detail::TakeArrays take(op.launch.placement,
                          op.launch.scratch + blockIdx.x * op.launch.placement.scratch_bytes);
  // Every thread takes all the pieces, and one keeps where they are.
  BlockContext& context = *take.shared<BlockContext>();
  const BlockArrays arrays = lay_out_block(op.launch.shape, take);
  if (threadIdx.x == 0) context.arrays = arrays;
  for (std::uint32_t s = blockIdx.x; s < op.replicas.batch.n_systems; s += gridDim.x) {
    run_replica<kKind>(op, context, s, dynamics_scratch);
    __syncthreads();
  }
}

}  // namespace block_loop_kernels

namespace {

/// One kernel a kind of dense layer, for any number of channels: each holds every stage, and takes
/// ptxas some ten seconds an architecture.
auto choose_kernel(DenseKind kind) {
  using namespace block_loop_kernels;
  switch (kind) {
    case DenseKind::tf32:
      return block_per_replica<DenseKind::tf32>;
    case DenseKind::tf32x3:
      return block_per_replica<DenseKind::tf32x3>;
    case DenseKind::fma:
      break;
  }
  return block_per_replica<DenseKind::fma>;
}

}  // namespace

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
  simt::launch({.grid = {op.launch.blocks},
                .block = {op.launch.threads},
                .shared_bytes = shared_bytes<BlockContext>(1) + op.launch.placement.shared_bytes},
               stream, choose_kernel(kind), op);
}

}  // namespace fusemd
