// SPDX-License-Identifier: MIT
// kernels/graph_step.hpp: a block a replica, as kernels/integrate.cu. Predicates and no conditional
// nodes: docs/decisions/008.
#include "kernels/candidates.cuh"
#include "kernels/graph_step.hpp"
#include "kernels/integrate.cuh"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace graph_step_kernels {

__device__ __forceinline__ void restore_forces(const ReplicaView& r) {
  const unsigned n = r.n_atoms;
  for_each_owned(n, [&](unsigned i) {
    r.fx[i] = r.kept[6 * n + i];
    r.fy[i] = r.kept[7 * n + i];
    r.fz[i] = r.kept[8 * n + i];
  });
}

__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) set_out_kernel(GraphStepView view) {
  const unsigned s = blockIdx.x;
  detail::keep_replica(replica_view(view.dynamics, s));
  if (threadIdx.x == 0) {
    view.due[s] = 0;
    view.underway[s] = 0;
  }
}

__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) start_kernel(GraphStepView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  const unsigned s = blockIdx.x;
  const ReplicaView r = replica_view(view.dynamics, s);
  if (r.progress->stopped != StopReason::none) {
    restore_forces(r);
    return;
  }
  start_replica(view.dynamics.constants, r, view.dynamics.energies[s], scratch);
  detail::keep_replica(r);
}

__global__ void __launch_bounds__(simt::kWarpSize)
    go_on_kernel(GraphClock* clock, std::int64_t n_steps) {
  if (threadIdx.x == 0 && clock->halted == 0) clock->until += n_steps;
}

template <DynamicsKind kKind>
__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) begin_kernel(GraphStepView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  const unsigned s = blockIdx.x;
  const ReplicaView r = replica_view(view.dynamics, s);
  const bool idle = r.progress->stopped != StopReason::none || view.clock->halted != 0 ||
                    r.progress->step >= view.clock->until;
  if (threadIdx.x == 0) view.underway[s] = idle ? 0 : 1;
  if (idle) return;
  begin_replica_step<kKind>(view.dynamics.constants, r, scratch);
  const std::uint32_t first = view.dynamics.batch.system_start[s];
  const PositionsView positions = {r.x, r.y, r.z};
  const PositionsView found_at = {view.found_at.x + first, view.found_at.y + first,
                                  view.found_at.z + first};
  bool moved = false;
  for_each_owned(r.n_atoms, [&](unsigned i) {
    moved = moved || simt::has_moved(positions, found_at, view.may_move, i);
  });
  if (moved) atomicOr(&view.due[s], 1u);
}

template <DynamicsKind kKind>
__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) finish_kernel(GraphStepView view) {
  FUSEMD_SHARED(double, scratch, [kDynamicsDoubles]);
  const unsigned s = blockIdx.x;
  const ReplicaView r = replica_view(view.dynamics, s);
  const bool halted = view.clock->halted != 0;
  if (threadIdx.x == 0) view.due[s] = 0;
  if (view.underway[s] == 0) {
    if (halted || r.progress->stopped != StopReason::none) restore_forces(r);
    return;
  }
  if (halted) {
    if (threadIdx.x == 0) *r.progress = *r.kept_progress;
    detail::restore_atoms(r);
    return;
  }
  finish_replica_step<kKind>(view.dynamics.constants, r, view.dynamics.energies[s], scratch);
}

/// Rows of [n_atoms], the replica's part of each.
__global__ void __launch_bounds__(kMaxDynamicsThreads, 1) sample_kernel(GraphStepView view) {
  const unsigned s = blockIdx.x;
  const ReplicaView r = replica_view(view.dynamics, s);
  const GraphSample sample = view.clock->sample;
  if (threadIdx.x == 0) sample.progress[s] = *r.progress;
  if (sample.atoms == nullptr) return;
  const std::size_t row = view.dynamics.batch.n_atoms;
  double* to = sample.atoms + view.dynamics.batch.system_start[s];
  for (unsigned i = threadIdx.x; i < r.n_atoms; i += blockDim.x) {
    to[i] = r.x[i];
    to[row + i] = r.y[i];
    to[2 * row + i] = r.z[i];
    to[3 * row + i] = r.vx[i];
    to[4 * row + i] = r.vy[i];
    to[5 * row + i] = r.vz[i];
    to[6 * row + i] = r.fx[i];
    to[7 * row + i] = r.fy[i];
    to[8 * row + i] = r.fz[i];
  }
}

}  // namespace graph_step_kernels

namespace {

void launch_replicas(void (*kernel)(GraphStepView),
                     const GraphStepView& view,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (view.dynamics.batch.n_systems == 0) return;
  simt::launch({.grid = {view.dynamics.batch.n_systems}, .block = {policy.dynamics_threads}},
               stream, kernel, view);
}

}  // namespace

void graph_set_out(const GraphStepView& view, const LaunchPolicy& policy, Stream stream) {
  launch_replicas(graph_step_kernels::set_out_kernel, view, policy, stream);
}

void graph_start(const GraphStepView& view, const LaunchPolicy& policy, Stream stream) {
  launch_replicas(graph_step_kernels::start_kernel, view, policy, stream);
}

void graph_go_on(const GraphStepView& view, std::int64_t n_steps, Stream stream) {
  if (view.dynamics.batch.n_systems == 0) return;
  simt::launch({.grid = {1}, .block = {simt::kWarpSize}}, stream, graph_step_kernels::go_on_kernel,
               view.clock, n_steps);
}

void graph_begin_step(DynamicsKind kind,
                      const GraphStepView& view,
                      const LaunchPolicy& policy,
                      Stream stream) {
  using namespace graph_step_kernels;
  switch (kind) {
    case DynamicsKind::velocity_verlet:
      return launch_replicas(begin_kernel<DynamicsKind::velocity_verlet>, view, policy, stream);
    case DynamicsKind::langevin:
      return launch_replicas(begin_kernel<DynamicsKind::langevin>, view, policy, stream);
    case DynamicsKind::csvr:
      return launch_replicas(begin_kernel<DynamicsKind::csvr>, view, policy, stream);
  }
}

void graph_finish_step(DynamicsKind kind,
                       const GraphStepView& view,
                       const LaunchPolicy& policy,
                       Stream stream) {
  using namespace graph_step_kernels;
  // B is the last operation of BAOAB too.
  if (kind == DynamicsKind::csvr) {
    return launch_replicas(finish_kernel<DynamicsKind::csvr>, view, policy, stream);
  }
  launch_replicas(finish_kernel<DynamicsKind::velocity_verlet>, view, policy, stream);
}

void graph_sample(const GraphStepView& view, const LaunchPolicy& policy, Stream stream) {
  launch_replicas(graph_step_kernels::sample_kernel, view, policy, stream);
}

}  // namespace fusemd
