// SPDX-License-Identifier: MIT
#pragma once
// One replica's integration and thermostat by one block: contract in kernels/integrate.hpp.
//
// What a thread does to an atom it does to those it owns (for_each_owned()), so the passes of a
// step need no barrier between them; what is one number a replica (thermostat factor, rotation) is
// worked out by one thread, because GPUs without many double-precision units would pay for every
// thread.

#include "kernels/integrate.hpp"
#include "kernels/ordered_sum.cuh"
#include "kernels/random.hpp"
#include "kernels/rigid_motion.cuh"

namespace fusemd {

/// The view of system s of a batch.
__device__ __forceinline__ ReplicaView replica_view(const DynamicsView& view, unsigned s) {
  const std::uint32_t begin = view.batch.system_start[s];
  ReplicaView r = view.atoms;
  r.n_atoms = view.batch.system_start[s + 1] - begin;
  r.x += begin, r.y += begin, r.z += begin;
  r.vx += begin, r.vy += begin, r.vz += begin;
  r.fx += begin, r.fy += begin, r.fz += begin;
  r.mass += begin, r.half_kick += begin, r.inverse_sqrt_mass += begin;
  r.constants += s, r.progress += s, r.kept_progress += s;
  r.kept += std::size_t{9} * begin;
  return r;
}

namespace detail {

__device__ __forceinline__ void keep_replica(const ReplicaView& r) {
  const unsigned n = r.n_atoms;
  for_each_owned(n, [&](unsigned i) {
    r.kept[i] = r.x[i];
    r.kept[n + i] = r.y[i];
    r.kept[2 * n + i] = r.z[i];
    r.kept[3 * n + i] = r.vx[i];
    r.kept[4 * n + i] = r.vy[i];
    r.kept[5 * n + i] = r.vz[i];
    r.kept[6 * n + i] = r.fx[i];
    r.kept[7 * n + i] = r.fy[i];
    r.kept[8 * n + i] = r.fz[i];
  });
  if (threadIdx.x == 0) *r.kept_progress = *r.progress;
}

__device__ __forceinline__ void restore_atoms(const ReplicaView& r) {
  const unsigned n = r.n_atoms;
  for_each_owned(n, [&](unsigned i) {
    r.x[i] = r.kept[i];
    r.y[i] = r.kept[n + i];
    r.z[i] = r.kept[2 * n + i];
    r.vx[i] = r.kept[3 * n + i];
    r.vy[i] = r.kept[4 * n + i];
    r.vz[i] = r.kept[5 * n + i];
    r.fx[i] = r.kept[6 * n + i];
    r.fy[i] = r.kept[7 * n + i];
    r.fz[i] = r.kept[8 * n + i];
  });
}

inline constexpr double kLargestDouble = 1.7976931348623157e308;

__device__ __forceinline__ bool within(double value, double limit) {
  return fabs(value) <= limit;  // false for NaN
}

__device__ __forceinline__ bool finite_force(const ReplicaView& r, unsigned i) {
  return within(r.fx[i], kLargestDouble) && within(r.fy[i], kLargestDouble) &&
         within(r.fz[i], kLargestDouble);
}

/// |F|^2; false for the comparison with a limit's square only where it is larger.
__device__ __forceinline__ double force_square(const ReplicaView& r, unsigned i) {
  return r.fx[i] * r.fx[i] + r.fy[i] * r.fy[i] + r.fz[i] * r.fz[i];
}

__device__ __forceinline__ bool lost(const ReplicaView& r, unsigned i) {
  const double limit = r.constants->position_limit;
  return !(within(r.x[i], limit) && within(r.y[i], limit) && within(r.z[i], limit));
}

/// 1 if the atom is lost or the force on it not finite or above the limit, else 0. An atom whose
/// position is no number has no edges: neither energy nor force would tell.
__device__ __forceinline__ double bad_atom(const ReplicaView& r, unsigned i, double limit) {
  const bool good = !lost(r, i) && finite_force(r, i) && !(force_square(r, i) > limit * limit);
  return good ? 0.0 : 1.0;
}

/// v += F dt/2m.
__device__ __forceinline__ void half_kick(const ReplicaView& r, unsigned i) {
  const double k = r.half_kick[i];
  r.vx[i] = r.vx[i] + k * r.fx[i];
  r.vy[i] = r.vy[i] + k * r.fy[i];
  r.vz[i] = r.vz[i] + k * r.fz[i];
}

/// r += v time.
__device__ __forceinline__ void drift(const ReplicaView& r, unsigned i, double time) {
  r.x[i] += time * r.vx[i];
  r.y[i] += time * r.vy[i];
  r.z[i] += time * r.vz[i];
}

/// O of BAOAB; returns m (v'^2 - v^2).
__device__ __forceinline__ double thermalise(const ReplicaView& r,
                                             const RandomStream& stream,
                                             unsigned i) {
  const NormalTriple xi = normal_triple(stream.block(i));
  const double keep = r.constants->langevin_keep;
  const double sigma = r.constants->langevin_noise * r.inverse_sqrt_mass[i];
  const double x = r.vx[i], y = r.vy[i], z = r.vz[i];
  const double vx = keep * x + sigma * xi.x, vy = keep * y + sigma * xi.y,
               vz = keep * z + sigma * xi.z;
  r.vx[i] = vx;
  r.vy[i] = vy;
  r.vz[i] = vz;
  return r.mass[i] * ((vx * vx + vy * vy + vz * vz) - (x * x + y * y + z * z));
}

__device__ __forceinline__ double conserved(const ReplicaProgress& progress) {
  return progress.potential_energy + progress.kinetic_energy - progress.heat;
}

/// The reason why a step is bad, in words that the host prints: by one thread, atom after atom, in
/// the order of host/md. A lost atom first, then a bad force, because they spoil the rest.
///
/// jump     change of the conserved energy, eV
__device__ inline void record_stop(const DynamicsConstants& constants,
                                   const ReplicaView& r,
                                   std::int64_t step,
                                   double energy,
                                   double kinetic_energy,
                                   double jump) {
  ReplicaProgress& progress = *r.progress;
  progress.stop_step = step;
  for (unsigned i = 0; i < r.n_atoms; ++i) {
    if (!lost(r, i)) continue;
    const double most = r.constants->position_limit;
    progress.stopped = StopReason::position;
    progress.stop_atom = static_cast<std::int32_t>(i);
    progress.stop_value = !within(r.x[i], most) ? r.x[i] : !within(r.y[i], most) ? r.y[i] : r.z[i];
    return;
  }
  for (unsigned i = 0; i < r.n_atoms; ++i) {
    if (finite_force(r, i)) continue;
    progress.stopped = StopReason::force;
    progress.stop_atom = static_cast<std::int32_t>(i);
    progress.stop_value = !within(r.fx[i], kLargestDouble)   ? r.fx[i]
                          : !within(r.fy[i], kLargestDouble) ? r.fy[i]
                                                             : r.fz[i];
    return;
  }
  progress.stop_atom = -1;
  if (!within(energy, kLargestDouble)) {
    progress.stopped = StopReason::energy;
    progress.stop_value = energy;
    return;
  }
  if (kinetic_energy <= r.constants->kinetic_limit) {
    const double limit = r.constants->force_limit;
    for (unsigned i = 0; i < r.n_atoms; ++i) {
      const double square = force_square(r, i);
      if (!(square > limit * limit)) continue;
      progress.stopped = StopReason::large_force;
      progress.stop_atom = static_cast<std::int32_t>(i);
      progress.stop_value = sqrt(square);
      return;
    }
    progress.stopped = StopReason::energy_jump;
    progress.stop_value = fabs(jump);
    return;
  }
  double most = -1.0;
  for (unsigned i = 0; i < r.n_atoms; ++i) {
    const double twice = r.mass[i] * (r.vx[i] * r.vx[i] + r.vy[i] * r.vy[i] + r.vz[i] * r.vz[i]);
    if (!(twice <= most)) {
      most = twice;
      progress.stop_atom = static_cast<std::int32_t>(i);
      if (twice != twice) break;
    }
  }
  const std::int64_t n_f = r.constants->degrees_of_freedom;
  progress.stopped = StopReason::temperature;
  progress.stop_value =
      n_f == 0 ? 0.0 : 2.0 * kinetic_energy / (static_cast<double>(n_f) * constants.boltzmann);
}

__device__ __forceinline__ bool step_is_good(const ReplicaView& r,
                                             double energy,
                                             double kinetic_energy,
                                             double bad_atoms,
                                             double jump) {
  return within(energy, kLargestDouble) && kinetic_energy <= r.constants->kinetic_limit &&
         bad_atoms == 0.0 && !(fabs(jump) > r.constants->jump_limit);
}

}  // namespace detail

/// First half of a step of one replica, by all threads of the block. A stopped replica is left
/// alone.
///
/// Needs    scratch: kDynamicsDoubles of shared memory that nobody is using. A barrier must follow
///          before positions are read by other threads or the scratch is used again. Inside: none
///          for velocity_verlet, one for langevin, four in those steps of csvr that take out rigid
///          motion.
template <DynamicsKind kKind>
__device__ __forceinline__ void begin_replica_step(const DynamicsConstants& constants,
                                                   const ReplicaView& r,
                                                   double* scratch) {
  if (r.progress->stopped != StopReason::none) return;
  const std::int64_t step = r.progress->step;
  detail::keep_replica(r);
  if constexpr (kKind == DynamicsKind::langevin) {
    const double half_step = 0.5 * constants.timestep;
    const RandomStream stream{.seed = r.constants->seed,
                              .replica = r.constants->replica,
                              .step = step,
                              .purpose = RandomPurpose::langevin_noise};
    double added[1];
    ordered_sums<1>(
        r.n_atoms, scratch,
        [&](unsigned i, double(&values)[1]) {
          detail::half_kick(r, i);
          detail::drift(r, i, half_step);
          values[0] = detail::thermalise(r, stream, i);
          detail::drift(r, i, half_step);
        },
        added);
    if (threadIdx.x == 0) r.progress->heat += constants.kinetic_factor * added[0];
    return;
  }
  if constexpr (kKind == DynamicsKind::csvr) {
    const std::int64_t every = constants.rigid_motion_every;
    if (every > 0 && step % every == 0) {
      remove_rigid_motion(r, scratch);
      const double kinetic_energy = kinetic_energy_of(constants, r, scratch);
      if (threadIdx.x == 0) {
        r.progress->heat += kinetic_energy - r.progress->kinetic_energy;
        r.progress->kinetic_energy = kinetic_energy;
      }
    }
  }
  for_each_owned(r.n_atoms, [&](unsigned i) {
    detail::half_kick(r, i);
    detail::drift(r, i, constants.timestep);
  });
}

/// Second half, with the forces and the energy (eV) at the new positions.
///
/// Needs    as begin_replica_step; forces and progress visible to the block. Inside: one barrier,
///          two for csvr or a bad step. A barrier must follow before progress or velocities are
///          read by other threads or the scratch is used again.
template <DynamicsKind kKind>
__device__ __forceinline__ void finish_replica_step(const DynamicsConstants& constants,
                                                    const ReplicaView& r,
                                                    double energy,
                                                    double* scratch) {
  if (r.progress->stopped != StopReason::none) return;
  const double limit = r.constants->force_limit;
  // Before the sums' barrier: thread 0 writes the progress after it.
  const double before = detail::conserved(*r.kept_progress);
  const double heat = r.progress->heat;
  double sums[2];  // m v^2, bad atoms
  ordered_sums<2>(
      r.n_atoms, scratch,
      [&](unsigned i, double(&values)[2]) {
        detail::half_kick(r, i);
        values[0] = r.mass[i] * (r.vx[i] * r.vx[i] + r.vy[i] * r.vy[i] + r.vz[i] * r.vz[i]);
        values[1] = detail::bad_atom(r, i, limit);
      },
      sums);
  const double kinetic_energy = constants.kinetic_factor * sums[0];
  const double jump = energy + kinetic_energy - heat - before;
  if (!detail::step_is_good(r, energy, kinetic_energy, sums[1], jump)) {
    if (threadIdx.x == 0) {
      const std::int64_t step = r.progress->step + 1;
      *r.progress = *r.kept_progress;
      detail::record_stop(constants, r, step, energy, kinetic_energy, jump);
    }
    __syncthreads();
    detail::restore_atoms(r);
    return;
  }
  CsvrScale scale;
  double* shared_alpha = scratch + ordered_sum_doubles(2);
  if (threadIdx.x == 0) {
    ReplicaProgress& progress = *r.progress;
    ++progress.step;
    progress.potential_energy = energy;
    progress.kinetic_energy = kinetic_energy;
    if constexpr (kKind == DynamicsKind::csvr) {
      const RandomStream stream{.seed = r.constants->seed,
                                .replica = r.constants->replica,
                                .step = progress.step,
                                .purpose = RandomPurpose::csvr_kinetic};
      scale = csvr_scale(stream, r.constants->csvr, kinetic_energy);
      progress.kinetic_energy = scale.alpha_square * kinetic_energy;
      progress.heat += progress.kinetic_energy - kinetic_energy;
      *shared_alpha = scale.alpha;
    }
  }
  if constexpr (kKind == DynamicsKind::csvr) {
    __syncthreads();
    const double alpha = *shared_alpha;
    for_each_owned(r.n_atoms, [&](unsigned i) {
      r.vx[i] *= alpha;
      r.vy[i] *= alpha;
      r.vz[i] *= alpha;
    });
  }
}

/// Energies and judgement of a replica that has forces and has made no step: needs and barriers as
/// of finish_replica_step, one inside.
__device__ __forceinline__ void start_replica(const DynamicsConstants& constants,
                                              const ReplicaView& r,
                                              double energy,
                                              double* scratch) {
  if (r.progress->stopped != StopReason::none) return;
  const double limit = detail::kLargestDouble;  // as host/md: limits are for steps
  double sums[2];                               // m v^2, bad atoms
  ordered_sums<2>(
      r.n_atoms, scratch,
      [&](unsigned i, double(&values)[2]) {
        values[0] = r.mass[i] * (r.vx[i] * r.vx[i] + r.vy[i] * r.vy[i] + r.vz[i] * r.vz[i]);
        values[1] = detail::bad_atom(r, i, limit);
      },
      sums);
  if (threadIdx.x != 0) return;
  ReplicaProgress& progress = *r.progress;
  progress.potential_energy = energy;
  progress.kinetic_energy = constants.kinetic_factor * sums[0];
  if (!detail::step_is_good(r, energy, progress.kinetic_energy, sums[1], 0.0)) {
    detail::record_stop(constants, r, progress.step, energy, progress.kinetic_energy, 0.0);
  }
}

}  // namespace fusemd
