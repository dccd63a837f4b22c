// SPDX-License-Identifier: MIT
// kernels/integrate.hpp: a block a replica. An atom's work is a few dozen operations in double, so
// one block serves a few thousand atoms in the time of a launch; splitting a replica over blocks
// would buy back less than the barrier between them costs.
#include "kernels/integrate.cuh"
#include "kernels/integrate.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them. One block a multiprocessor is enough to
// ask for: without that word ptxas stops at 64 registers on sm_75, and spills.
namespace integrate_kernels {

__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) start_kernel(DynamicsView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  start_replica(view.constants, replica_view(view, blockIdx.x), view.energies[blockIdx.x], scratch);
}

template <DynamicsKind kKind>
__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) begin_step_kernel(DynamicsView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  begin_replica_step<kKind>(view.constants, replica_view(view, blockIdx.x), scratch);
}

template <DynamicsKind kKind>
__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) finish_step_kernel(DynamicsView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  finish_replica_step<kKind>(view.constants, replica_view(view, blockIdx.x),
                             view.energies[blockIdx.x], scratch);
}

}  // namespace integrate_kernels

namespace {

void launch_replicas(void (*kernel)(DynamicsView),
                     const DynamicsView& view,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (view.batch.n_systems == 0) return;
  simt::launch({.grid = {view.batch.n_systems}, .block = {policy.dynamics_threads}}, stream, kernel,
               view);
}

}  // namespace

void start_replicas(const DynamicsView& view, const LaunchPolicy& policy, Stream stream) {
  launch_replicas(integrate_kernels::start_kernel, view, policy, stream);
}

void begin_step(DynamicsKind kind,
                const DynamicsView& view,
                const LaunchPolicy& policy,
                Stream stream) {
  using namespace integrate_kernels;
  switch (kind) {
    case DynamicsKind::velocity_verlet:
      return launch_replicas(begin_step_kernel<DynamicsKind::velocity_verlet>, view, policy,
                             stream);
    case DynamicsKind::langevin:
      return launch_replicas(begin_step_kernel<DynamicsKind::langevin>, view, policy, stream);
    case DynamicsKind::csvr:
      return launch_replicas(begin_step_kernel<DynamicsKind::csvr>, view, policy, stream);
  }
}

void finish_step(DynamicsKind kind,
                 const DynamicsView& view,
                 const LaunchPolicy& policy,
                 Stream stream) {
  using namespace integrate_kernels;
  // B is the last operation of BAOAB too.
  if (kind == DynamicsKind::csvr) {
    return launch_replicas(finish_step_kernel<DynamicsKind::csvr>, view, policy, stream);
  }
  launch_replicas(finish_step_kernel<DynamicsKind::velocity_verlet>, view, policy, stream);
}

}  // namespace fusemd
