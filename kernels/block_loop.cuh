// SPDX-License-Identifier: MIT
#pragma once
// The loop of one replica by one block: contract in kernels/block_loop.hpp.

#include "kernels/block_network.cuh"
#include "kernels/integrate.cuh"

namespace fusemd {

namespace detail {

/// Gives the arrays of lay_out_block() their places.
class TakeArrays {
 public:
  __device__ __forceinline__ TakeArrays(const BlockPlacement& placement, unsigned char* scratch)
      : shared_mask_(placement.shared), scratch_(scratch) {}

  template <class T>
  __device__ __forceinline__ T* operator()(std::size_t count) {
    const bool in_shared = (shared_mask_ & 1u) != 0;
    shared_mask_ >>= 1;
    if (in_shared) return shared_.take<T>(count);
    T* place = reinterpret_cast<T*>(scratch_);
    scratch_ += shared_bytes<T>(count);
    return place;
  }

  /// One object of shared memory, whatever the placement. Before all arrays.
  template <class T>
  __device__ __forceinline__ T* shared() {
    return shared_.take<T>(1);
  }

 private:
  std::uint32_t shared_mask_;
  unsigned char* scratch_;
  simt::DynamicShared shared_;
};

/// Points a view's state to the block's arrays.
__device__ __forceinline__ void into_block(ReplicaView& r, const BlockArrays& arrays) {
  const unsigned n = r.n_atoms;
  double* state = arrays.state;
  r.x = state, r.y = state + n, r.z = state + 2 * n;
  r.vx = state + 3 * n, r.vy = state + 4 * n, r.vz = state + 5 * n;
  r.fx = state + 6 * n, r.fy = state + 7 * n, r.fz = state + 8 * n;
  r.progress = arrays.progress;
  r.kept_progress = arrays.progress + 1;
}

/// x, v, F of one atom from one view to another.
__device__ __forceinline__ void copy_atom(const ReplicaView& to,
                                          const ReplicaView& from,
                                          unsigned i) {
  to.x[i] = from.x[i], to.y[i] = from.y[i], to.z[i] = from.z[i];
  to.vx[i] = from.vx[i], to.vy[i] = from.vy[i], to.vz[i] = from.vz[i];
  to.fx[i] = from.fx[i], to.fy[i] = from.fy[i], to.fz[i] = from.fz[i];
}

__device__ __forceinline__ void begin_by_kind(DynamicsKind kind,
                                              const DynamicsConstants& constants,
                                              const ReplicaView& r,
                                              double* scratch) {
  switch (kind) {
    case DynamicsKind::velocity_verlet:
      return begin_replica_step<DynamicsKind::velocity_verlet>(constants, r, scratch);
    case DynamicsKind::langevin:
      return begin_replica_step<DynamicsKind::langevin>(constants, r, scratch);
    case DynamicsKind::csvr:
      return begin_replica_step<DynamicsKind::csvr>(constants, r, scratch);
  }
}

__device__ __forceinline__ void finish_by_kind(DynamicsKind kind,
                                               const DynamicsConstants& constants,
                                               const ReplicaView& r,
                                               double energy,
                                               double* scratch) {
  // B is the last operation of BAOAB too.
  if (kind == DynamicsKind::csvr) {
    return finish_replica_step<DynamicsKind::csvr>(constants, r, energy, scratch);
  }
  finish_replica_step<DynamicsKind::velocity_verlet>(constants, r, energy, scratch);
}

}  // namespace detail

/// Where everything of the replica at hand is. In shared memory: as pointers in registers it would
/// take a quarter of them.
struct BlockContext {
  BlockArrays arrays;
  ReplicaView replica;
};

/// All steps of replica s, by all threads of the block.
///
/// Needs    context.arrays written by thread 0; dynamics_scratch: kDynamicsDoubles of shared
///          memory. A barrier must follow before the arrays are used again.
template <DenseKind kKind>
__device__ __forceinline__ void run_replica(const BlockLoopOp& op,
                                            BlockContext& context,
                                            std::uint32_t s,
                                            double* dynamics_scratch) {
  const DynamicsConstants& constants = op.replicas.constants;
  const std::uint32_t begin = op.replicas.batch.system_start[s];
  if (threadIdx.x == 0) {
    context.replica = replica_view(op.replicas, s);
    detail::into_block(context.replica, context.arrays);
    *context.replica.progress = op.replicas.atoms.progress[s];
  }
  __syncthreads();
  const ReplicaView& r = context.replica;
  const BlockNetwork<kKind> network(*op.model, op.launch.shape.tile_rows, context.arrays, r,
                                    op.replicas.batch.element + begin);
  {
    const ReplicaView global = replica_view(op.replicas, s);
    for_each_owned(r.n_atoms, [&](unsigned i) { detail::copy_atom(r, global, i); });
  }
  network.prepare();
  __syncthreads();

  if (op.start) {
    const double energy = network.evaluate(dynamics_scratch);
    __syncthreads();
    start_replica(constants, r, energy, dynamics_scratch);
    __syncthreads();
  }
  while (r.progress->stopped == StopReason::none && r.progress->step < op.last_step) {
    detail::begin_by_kind(op.dynamics, constants, r, dynamics_scratch);
    __syncthreads();
    const double energy = network.evaluate(dynamics_scratch);
    __syncthreads();
    detail::finish_by_kind(op.dynamics, constants, r, energy, dynamics_scratch);
    __syncthreads();
  }

  const ReplicaView global = replica_view(op.replicas, s);
  const bool samples = op.sample_atoms != nullptr;
  const std::size_t row = op.replicas.batch.n_atoms;
  for_each_owned(r.n_atoms, [&](unsigned i) {
    detail::copy_atom(global, r, i);
    if (!samples) return;
    for (unsigned k = 0; k < 9; ++k) {
      op.sample_atoms[k * row + begin + i] = context.arrays.state[k * r.n_atoms + i];
    }
  });
  if (threadIdx.x == 0) {
    *global.progress = *r.progress;
    if (op.sample_progress != nullptr) op.sample_progress[s] = *r.progress;
  }
}

/// The shape of the launch that a plan describes.
inline LaunchShape block_loop_shape(const BlockLoopLaunch& launch) {
  return {.grid = {launch.blocks},
          .block = {launch.threads},
          .shared_bytes = shared_bytes<BlockContext>(1) + launch.placement.shared_bytes};
}

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

}  // namespace fusemd
