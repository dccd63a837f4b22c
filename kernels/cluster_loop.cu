// SPDX-License-Identifier: MIT
// kernels/cooperative_loop.hpp with thread-block clusters for teams: bound by 2 L cluster barriers,
// then by weights from L2. Rejected: rows read from the owner's shared memory when they are needed.
// A block reads each of them once or twice, with the latency of L2 every time; written to everybody
// when they are made, they arrive while the writer goes on.
#include "kernels/cooperative_loop.cuh"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them. A launch has one block a
// multiprocessor.
namespace cluster_loop_kernels {

__global__ void __launch_bounds__(kMaxTeamThreads, 1) cluster_loop_kernel(TeamOp op) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  simt::DynamicShared shared;
  auto* context = shared.take<TeamContext>(1);
  const unsigned most = op.buffers.max_atoms;
  double* state = shared.take<double>(std::size_t{kTeamStateDoubles} * most);
  float* tile = shared.take<float>(op.shape.tile_rows * team_row_floats(op.model.weights));
  float* shown = shared.take<float>(std::size_t{cluster_row_floats(op.model.weights)} * most);
  double* shown_numbers = shared.take<double>(std::size_t{kClusterRowDoubles} * most);
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  const unsigned index = blockIdx.x / op.shape.blocks;
  const simt::ClusterTeam team{simt::cluster_rank(), op.shape.blocks};
  if (threadIdx.x == 0) context->rows = detail::rows_of_cluster(op, index, shown, shown_numbers);
  // From here on the others' shared memory is there.
  simt::cluster_barrier();
  for (std::uint32_t s = index; s < op.replicas.batch.n_systems; s += op.shape.teams) {
    run_replica(op, *context, team, s, state, tile, scratch);
    __syncthreads();
  }
#else
  __trap();
#endif
}

}  // namespace cluster_loop_kernels

unsigned clusters_resident(const TeamShape& shape, std::size_t shared_bytes) {
  return simt::resident_clusters(cluster_loop_kernels::cluster_loop_kernel, shape.blocks,
                                 shape.threads, shared_bytes);
}

void launch_clusters(const LaunchShape& launch, const TeamOp& op, Stream stream) {
  simt::launch(launch, stream, cluster_loop_kernels::cluster_loop_kernel, op);
}

}  // namespace fusemd
