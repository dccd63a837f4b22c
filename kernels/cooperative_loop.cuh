// SPDX-License-Identifier: MIT
#pragma once
// One molecule's time steps by the blocks of a team: contract in kernels/cooperative_loop.hpp.

#include "kernels/cooperative_loop.hpp"
#include "kernels/grid_barrier.cuh"
#include "kernels/integrate.cuh"
#include "kernels/neighbours.cuh"
#include "kernels/readout.cuh"
#include "kernels/system_energy.cuh"
#include "kernels/tabulated_convolution.cuh"
#include "kernels/team_rows.cuh"
#include "kernels/update.cuh"

namespace fusemd {

/// What every launch hands to every block.
struct TeamOp {
  TeamTask task;
  DynamicsView replicas;
  BlockLoopModel model;
  TeamBuffers buffers;
  TeamShape shape;
};

// kernels/cluster_loop.cu: the kernel whose teams are clusters.
unsigned clusters_resident(const TeamShape& shape, std::size_t shared_bytes);
void launch_clusters(const LaunchShape& launch, const TeamOp& op, Stream stream);

namespace detail {

/// Those that nobody else reads.
__device__ __forceinline__ TeamRows own_rows_of_team(const TeamOp& op, unsigned team) {
  const TeamBuffers& b = op.buffers;
  const unsigned f = op.model.weights.n_channels, layers = op.model.weights.n_layers;
  const std::size_t most = b.max_atoms, layer = most * kFeatureComponents * f;
  const std::size_t slots = most * (most - 1);
  TeamRows rows;
  rows.messages = b.messages + team * layers * layer;
  rows.adjoint_features = b.adjoint_features + team * layer;
  rows.slopes = b.slopes + team * (layers - 1) * most * f;
  rows.gates = b.gates + team * (layers - 1) * most * (op.model.weights.gates - 1) * f;
  rows.edges = {b.edge_start, b.edge_count + team * most, b.edge_j + team * slots,
                b.edge_geometry + 4 * team * slots};
  rows.layer = layer;
  rows.most = b.max_atoms;
  return rows;
}

/// All of them, in device memory.
__device__ __forceinline__ TeamRows rows_of_team(const TeamOp& op, unsigned team) {
  const TeamBuffers& b = op.buffers;
  const std::size_t most = b.max_atoms;
  TeamRows rows = own_rows_of_team(op, team);
  rows.features = b.features + team * (op.model.weights.n_layers - 1) * rows.layer;
  rows.adjoint_messages = b.adjoint_messages + team * 2 * rows.layer;
  rows.atom_energies = b.atom_energies + team * most;
  double* forces = b.forces + team * 3 * most;
  rows.forces = {forces, forces + most, forces + 2 * most};
  return rows;
}

/// All of them; what blocks of a cluster show each other in shared memory: cluster_row_floats()
/// floats and kClusterRowDoubles doubles an atom.
__device__ __forceinline__ TeamRows rows_of_cluster(const TeamOp& op,
                                                    unsigned team,
                                                    float* shown,
                                                    double* shown_numbers) {
  TeamRows rows = own_rows_of_team(op, team);
  rows.features = shown;
  rows.adjoint_messages = shown + (op.model.weights.n_layers - 1) * rows.layer;
  rows.atom_energies = shown_numbers;
  rows.forces = {shown_numbers + rows.most, shown_numbers + 2 * rows.most,
                 shown_numbers + 3 * rows.most};
  return rows;
}

template <class Team>
__device__ __forceinline__ OwnAtoms own_atoms(unsigned n_atoms, const Team& team) {
  return {n_atoms * team.index / team.count, n_atoms * (team.index + 1) / team.count};
}

/// Calls body(first, rows) for each tile of the block's atoms. A barrier lies between two tiles,
/// none before the first or after the last.
template <class Body>
__device__ __forceinline__ void for_each_own_tile(const OwnAtoms& own,
                                                  unsigned tile_rows,
                                                  const Body& body) {
  for (unsigned first = own.first; first < own.last; first += tile_rows) {
    if (first != own.first) __syncthreads();
    body(first, min(tile_rows, own.last - first));
  }
}

/// A block's copy of a molecule, in its shared memory; what does not change stays where it is.
__device__ __forceinline__ ReplicaView copy_of_replica(const ReplicaView& original,
                                                       unsigned most,
                                                       double* state,
                                                       ReplicaProgress* progress) {
  ReplicaView copy = original;
  copy.x = state;
  copy.y = state + most;
  copy.z = state + 2 * most;
  copy.vx = state + 3 * most;
  copy.vy = state + 4 * most;
  copy.vz = state + 5 * most;
  copy.fx = state + 6 * most;
  copy.fy = state + 7 * most;
  copy.fz = state + 8 * most;
  copy.kept = state + 9 * most;
  copy.progress = progress;
  copy.kept_progress = progress + 1;
  return copy;
}

/// x, v and f. Each thread copies the atoms that it owns in sums: no barrier is needed before or
/// after the time step.
__device__ __forceinline__ void copy_atoms(const ReplicaView& to, const ReplicaView& from) {
  for_each_owned(from.n_atoms, [&](unsigned i) {
    to.x[i] = from.x[i];
    to.y[i] = from.y[i];
    to.z[i] = from.z[i];
    to.vx[i] = from.vx[i];
    to.vy[i] = from.vy[i];
    to.vz[i] = from.vz[i];
    to.fx[i] = from.fx[i];
    to.fy[i] = from.fy[i];
    to.fz[i] = from.fz[i];
  });
}

__device__ __forceinline__ void copy_forces(const ReplicaView& to, const ForcesView& from) {
  for_each_owned(to.n_atoms, [&](unsigned i) {
    to.fx[i] = from.x[i];
    to.fy[i] = from.y[i];
    to.fz[i] = from.z[i];
  });
}

__device__ __forceinline__ void begin_any_step(DynamicsKind kind,
                                               const DynamicsConstants& constants,
                                               const ReplicaView& r,
                                               double* scratch) {
  if (kind == DynamicsKind::langevin) {
    begin_replica_step<DynamicsKind::langevin>(constants, r, scratch);
  } else if (kind == DynamicsKind::csvr) {
    begin_replica_step<DynamicsKind::csvr>(constants, r, scratch);
  } else {
    begin_replica_step<DynamicsKind::velocity_verlet>(constants, r, scratch);
  }
}

__device__ __forceinline__ void finish_any_step(DynamicsKind kind,
                                                const DynamicsConstants& constants,
                                                const ReplicaView& r,
                                                double energy,
                                                double* scratch) {
  // B is the last operation of BAOAB too.
  if (kind == DynamicsKind::csvr) {
    finish_replica_step<DynamicsKind::csvr>(constants, r, energy, scratch);
  } else {
    finish_replica_step<DynamicsKind::velocity_verlet>(constants, r, energy, scratch);
  }
}

}  // namespace detail

/// Energy and forces of the molecule at hand, at positions that every block of the team has: forces
/// of all atoms in context.rows, and context.energy.
///
/// Needs    positions visible to the block. tile: tile_rows rows of team_row_floats() floats of
///          shared memory; scratch: ordered_sum_doubles(1) doubles of it; nobody is using either.
///          2 L team barriers inside, the last one at the end: what follows may use both.
template <class Team>
__device__ void team_forces(const TeamOp& op,
                            TeamContext& context,
                            const Team& team,
                            float* tile,
                            double* scratch) {
  const StudentWeights& w = op.model.weights;
  const TeamRows& rows = context.rows;
  const ReplicaView& r = context.replica;
  const unsigned f = w.n_channels, layers = w.n_layers, most = rows.most, n_atoms = r.n_atoms;
  const detail::OwnAtoms own = detail::own_atoms(n_atoms, team);
  const UpdateShape shape{f, w.gates, w.norm_epsilon};
  const auto features = [&](unsigned l) {
    return l == 0 ? context.embedded : rows.features + (l - 1) * rows.layer;
  };
  const auto messages = [&](unsigned l) { return rows.messages + l * rows.layer; };
  const auto adjoint = [&](unsigned l) { return rows.adjoint_messages + l % 2 * rows.layer; };
  const auto slopes = [&](unsigned l) { return rows.slopes + std::size_t{l} * most * f; };
  const auto gates = [&](unsigned l) {
    return rows.gates + std::size_t{l} * most * (w.gates - 1) * f;
  };
  const std::size_t own_offset = feature_offset(own.first, f);
  const unsigned own_floats = (own.last - own.first) * kFeatureComponents * f;

  // A row has room for all other atoms, so no room is ever asked for.
  simt::all_pairs_of_system({r.x, r.y, r.z}, op.model.cutoff, own.first, own.last, 0, n_atoms,
                            rows.edges, nullptr, simt::block_warps());
  __syncthreads();
#pragma unroll 1
  for (unsigned l = 0; l < layers; ++l) {
    const ConvolutionOptions options{f, l == 0, op.model.by_source};
    if (l == 0) {
      simt::tabulated_messages<0, true>(op.model.tables[l], options, own.first, own.last,
                                        rows.edges, features(l), messages(l), simt::block_warps());
    } else {
      simt::tabulated_messages<0, false>(op.model.tables[l], options, own.first, own.last,
                                         rows.edges, features(l), messages(l), simt::block_warps());
    }
    __syncthreads();
    if (l + 1 == layers) break;
    float* made = rows.features + l * rows.layer;
    const UpdateForward update{shape, w.update[l], messages(l), made, slopes(l), gates(l)};
    detail::for_each_own_tile(own, op.shape.tile_rows, [&](unsigned first, unsigned count) {
      update_forward_tile<DenseKind::fma, DenseTiling::small>(update, first, count, tile);
    });
    detail::before_showing(team);
    detail::show_floats(team, made, own_offset, own_floats);
    simt::team_barrier(team);
  }
  const ReadoutOp readout{f,
                          w.norm_epsilon,
                          w.readout,
                          messages(layers - 1),
                          context.element,
                          rows.atom_energies,
                          adjoint(layers - 1)};
  detail::for_each_own_tile(own, op.shape.tile_rows, [&](unsigned first, unsigned count) {
    readout_tile<DenseKind::fma, DenseTiling::small>(readout, first, count, tile);
  });
  detail::before_showing(team);
  detail::show_floats(team, adjoint(layers - 1), own_offset, own_floats);
  detail::show_doubles(team, rows.atom_energies, own);
  simt::team_barrier(team);
  const double energy = sum_of_energies(rows.atom_energies, n_atoms, scratch);
  if (threadIdx.x == 0) context.energy = energy;

#pragma unroll 1
  for (unsigned l = layers; l-- > 0;) {
    const ConvolutionOptions options{f, l == 0, op.model.by_source};
    const bool add_to = l + 1 < layers;
    if (l == 0) {
      simt::tabulated_messages_backward<0, true, false>(
          op.model.tables[l], options, own.first, own.last, rows.edges, features(l), adjoint(l),
          nullptr, rows.forces, nullptr, add_to, simt::block_warps());
      break;
    }
    simt::tabulated_messages_backward<0, false, false>(
        op.model.tables[l], options, own.first, own.last, rows.edges, features(l), adjoint(l),
        rows.adjoint_features, rows.forces, nullptr, add_to, simt::block_warps());
    __syncthreads();
    const UpdateBackward update{shape,        w.update[l - 1],       messages(l - 1), slopes(l - 1),
                                gates(l - 1), rows.adjoint_features, adjoint(l - 1)};
    detail::for_each_own_tile(own, op.shape.tile_rows, [&](unsigned first, unsigned count) {
      update_backward_tile<DenseKind::fma, DenseTiling::small>(update, first, count, tile);
    });
    detail::before_showing(team);
    detail::show_floats(team, adjoint(l - 1), own_offset, own_floats);
    simt::team_barrier(team);
  }
  detail::before_showing(team);
  detail::show_doubles(team, rows.forces.x, own);
  detail::show_doubles(team, rows.forces.y, own);
  detail::show_doubles(team, rows.forces.z, own);
  simt::team_barrier(team);
}

namespace detail {

/// Leaves what a replica is in the sample of the batch: its atoms begin at `begin`.
__device__ __forceinline__ void write_sample(const TeamOp& op,
                                             const ReplicaView& r,
                                             std::uint32_t s,
                                             std::uint32_t begin) {
  if (op.task.sample_progress != nullptr && threadIdx.x == 0) {
    op.task.sample_progress[s] = *r.progress;
  }
  if (op.task.sample_atoms == nullptr) return;
  const std::size_t row = op.replicas.batch.n_atoms;
  ReplicaView sample;
  double* at = op.task.sample_atoms + begin;
  sample.x = at, sample.y = at + row, sample.z = at + 2 * row;
  sample.vx = at + 3 * row, sample.vy = at + 4 * row, sample.vz = at + 5 * row;
  sample.fx = at + 6 * row, sample.fy = at + 7 * row, sample.fz = at + 8 * row;
  copy_atoms(sample, r);
}

}  // namespace detail

/// What the task asks for, for replica s, by the blocks of a team.
///
/// Needs    state: kTeamStateDoubles doubles an atom, scratch: kDynamicsDoubles of shared memory.
///          Called by all blocks of the team. A block barrier must follow.
template <class Team>
__device__ __forceinline__ void run_replica(const TeamOp& op,
                                            TeamContext& context,
                                            const Team& team,
                                            std::uint32_t s,
                                            double* state,
                                            float* tile,
                                            double* scratch) {
  const DynamicsConstants& constants = op.replicas.constants;
  if (threadIdx.x == 0) {
    const std::uint32_t begin = op.replicas.batch.system_start[s];
    const ReplicaView original = replica_view(op.replicas, s);
    context.replica = detail::copy_of_replica(original, op.buffers.max_atoms, state,
                                              op.buffers.progress + 2 * std::size_t{blockIdx.x});
    context.element = op.replicas.batch.element + begin;
    context.embedded = op.buffers.embedded + feature_offset(begin, op.model.weights.n_channels);
  }
  __syncthreads();
  const ReplicaView& r = context.replica;
  {
    const ReplicaView original = replica_view(op.replicas, s);
    detail::copy_atoms(r, original);
    if (threadIdx.x == 0) *r.progress = *original.progress;
  }
  __syncthreads();
  // Every block sees the same progress and makes the same steps, so all of them go or stay.
  bool moved = false;
#pragma unroll 1
  for (;;) {
    const bool stopped = r.progress->stopped != StopReason::none;
    if (stopped || (op.task.start ? moved : r.progress->step >= op.task.last)) break;
    if (!op.task.start) {
      detail::begin_any_step(op.task.kind, constants, r, scratch);
      __syncthreads();
    }
    moved = true;
    team_forces(op, context, team, tile, scratch);
    detail::copy_forces(r, context.rows.forces);
    if (op.task.start) {
      start_replica(constants, r, context.energy, scratch);
    } else {
      detail::finish_any_step(op.task.kind, constants, r, context.energy, scratch);
    }
    __syncthreads();
  }
  if (team.index != 0) return;
  if (moved) {  // else others may still be reading it
    const ReplicaView original = replica_view(op.replicas, s);
    detail::copy_atoms(original, r);
    if (threadIdx.x == 0) *original.progress = *r.progress;
  }
  detail::write_sample(op, r, s, op.replicas.batch.system_start[s]);
}

}  // namespace fusemd
