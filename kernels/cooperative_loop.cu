// SPDX-License-Identifier: MIT
// kernels/cooperative_loop.hpp. A block of the team has few atoms, so its warps are busy with the
// dense layers alone, and those with reading weights: bound by 2 L barriers, then by weights from
// L2. Rejected: positions exchanged in place of forces. It saves the copies of the time step, which
// run beside one another, and costs a barrier for the thermostat's kinetic energy.
#include "kernels/cooperative_loop.cuh"
#include "kernels/cooperative_loop.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them. A launch has one block a
// multiprocessor.
namespace cooperative_loop_kernels {

__global__ void __launch_bounds__(kMaxTeamThreads, 1) team_loop_kernel(TeamOp op) {
  simt::DynamicShared shared;
  auto* context = shared.take<TeamContext>(1);
  double* state = shared.take<double>(std::size_t{kTeamStateDoubles} * op.buffers.max_atoms);
  float* tile = shared.take<float>(op.shape.tile_rows * team_row_floats(op.model.weights));
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  const unsigned index = blockIdx.x / op.shape.blocks;
  const simt::Team team{blockIdx.x % op.shape.blocks, op.shape.blocks,
                        op.buffers.words + index * kTeamWordStride};
  if (threadIdx.x == 0) context->rows = detail::rows_of_team(op, index);
  for (std::uint32_t s = index; s < op.replicas.batch.n_systems; s += op.shape.teams) {
    run_replica(op, *context, team, s, state, tile, scratch);
    __syncthreads();
  }
}

}  // namespace cooperative_loop_kernels

unsigned team_blocks_resident(const BlockLoopModel& model,
                              unsigned max_atoms,
                              const TeamShape& shape) {
  const std::size_t bytes = team_shared_bytes(model.weights, max_atoms, shape);
  using namespace cooperative_loop_kernels;
  if (!shape.cluster) return simt::resident_blocks(team_loop_kernel, shape.threads, bytes);
  return shape.blocks * clusters_resident(shape, bytes);
}

void run_in_teams(const TeamTask& task,
                  const DynamicsView& replicas,
                  const BlockLoopModel& model,
                  const TeamBuffers& buffers,
                  const TeamShape& shape,
                  Stream stream) {
  if (replicas.batch.n_systems == 0) return;
  LaunchShape launch{.grid = {shape.teams * shape.blocks},
                     .block = {shape.threads},
                     .shared_bytes = team_shared_bytes(model.weights, buffers.max_atoms, shape)};
  const TeamOp op{task, replicas, model, buffers, shape};
  using namespace cooperative_loop_kernels;
  if (shape.cluster) {
    launch.cluster = shape.blocks;
    launch_clusters(launch, op, stream);
  } else {
    launch.residency = Residency::all_blocks;
    simt::launch(launch, stream, team_loop_kernel, op);
  }
}

}  // namespace fusemd
