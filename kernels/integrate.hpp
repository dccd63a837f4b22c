// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/csvr_scale.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd {

/// Which integrator: those of host/md/velocity_verlet.hpp, langevin.hpp and csvr.hpp.
enum class DynamicsKind { velocity_verlet, langevin, csvr };

/// What all replicas of a run have in common.
struct DynamicsConstants {
  double timestep = 0.0;        ///< fs
  double kinetic_factor = 0.0;  ///< eV per amu (Angstrom/fs)^2, halved: K = factor sum of m v^2
  double boltzmann = 0.0;       ///< eV/K
  std::int64_t rigid_motion_every = 0;  ///< CSVR: steps; 0: never
};

/// What one replica has to itself and does not change.
struct ReplicaConstants {
  std::uint64_t seed = 0;
  std::uint32_t replica = 0;    ///< global number: the same in any batch and slot
  double langevin_keep = 0.0;   ///< c
  double langevin_noise = 0.0;  ///< sqrt((1 - c^2) k_B T), Angstrom/fs amu^1/2
  CsvrConstants csvr;
  std::int64_t degrees_of_freedom = 0;
  double kinetic_limit = 0.0;   ///< eV
  double force_limit = 0.0;     ///< on any atom, eV/Angstrom; infinity: finite
  double jump_limit = 0.0;      ///< of the conserved energy in one step, eV; infinity: none
  double position_limit = 0.0;  ///< of each coordinate, Angstrom: an atom beyond it is lost
};

/// Why a replica stopped.
enum class StopReason : std::uint32_t {
  none,
  force,
  energy,
  temperature,
  large_force,  ///< finite, but above force_limit
  energy_jump,  ///< of the conserved energy
  position,     ///< an atom is lost, or its position is no number
  earlier,      ///< in an earlier run: it takes no part in this one
};

/// How far one replica has come. Written by its block alone.
struct ReplicaProgress {
  std::int64_t step = 0;
  double potential_energy = 0.0;  ///< eV
  double kinetic_energy = 0.0;    ///< eV
  double heat = 0.0;              ///< what the thermostat has put in, eV
  StopReason stopped = StopReason::none;
  std::int32_t stop_atom =
      -1;  ///< number inside the replica: of force or position, or the fastest; -1: none
  std::int64_t stop_step = 0;  ///< the bad step
  double stop_value = 0.0;     ///< Angstrom, eV/Angstrom, eV (a jump: of the replica) or K
};

/// The atoms of one replica. Arrays of n_atoms, except as noted; a block that keeps its replica in
/// shared memory points there.
struct ReplicaView {
  std::uint32_t n_atoms = 0;
  double *x = nullptr, *y = nullptr, *z = nullptr;     ///< Angstrom
  double *vx = nullptr, *vy = nullptr, *vz = nullptr;  ///< Angstrom/fs
  double *fx = nullptr, *fy = nullptr, *fz = nullptr;  ///< eV/Angstrom
  const double* mass = nullptr;                        ///< amu
  const double* half_kick = nullptr;                   ///< dt / 2m, Angstrom/fs per eV/Angstrom
  const double* inverse_sqrt_mass = nullptr;           ///< amu^-1/2; Langevin only
  const ReplicaConstants* constants = nullptr;         ///< one
  ReplicaProgress* progress = nullptr;                 ///< one
  double* kept = nullptr;                    ///< [9][n_atoms]: x, v, f of the last good step
  ReplicaProgress* kept_progress = nullptr;  ///< one
};

/// A batch of replicas: arrays of batch.n_atoms or batch.n_systems, in the batch's order.
struct DynamicsView {
  BatchView batch;
  DynamicsConstants constants;
  ReplicaView atoms;                 ///< of all replicas together; n_atoms = batch.n_atoms
  const double* energies = nullptr;  ///< [n_systems], eV: kernels/system_energy.hpp
};

/// One step of every replica is begin_step, new forces and energies, finish_step:
///
///   velocity_verlet  begin   v += F dt/2m,  r += v dt           finish  v += F dt/2m
///   langevin         begin   B, A, O, A of BAOAB                finish  B
///   csvr             begin   every rigid_motion_every steps rigid motion is taken out, which
///                            counts as heat; then as velocity_verlet
///                    finish  as velocity_verlet, then all velocities times alpha
///
/// begin_step keeps x, v, F and progress of the last good step; finish_step computes the kinetic
/// energy, counts the step, and judges it: energy and forces finite, forces within force_limit,
/// the conserved energy's change within jump_limit, coordinates within position_limit, kinetic
/// energy within kinetic_limit. A replica whose step is bad goes back to what was kept, records
/// reason, atom, step and value in its progress, and takes no further part; the others go on.
/// start_replicas judges the forces and energies of replicas that have made no step.
///
/// Source   host/md/velocity_verlet.hpp, langevin.hpp, csvr.hpp, whose formulas these are. Differs:
///          sums over atoms are in the order of kernels/ordered_sum.cuh, not atom by atom.
/// Needs    half_kick, inverse_sqrt_mass and constants as host/cuda/device_dynamics.hpp makes them.
/// Work     a block a replica; about 60 bytes an atom and pass, bound by latency. Noise costs two
///          logarithms and two roots an atom in double. No host sync.
/// Result   deterministic; a replica has the same bits in any batch and with any block width.
///          Positions and velocities of velocity_verlet and langevin have the bits of host/md for
///          the same forces; energies and heat, and so what csvr makes of them, are within 1e-14
///          relative.
/// Errors   DeviceError if the launch is refused. No replicas: returns without launching.
/// Tests    test/simt/kernels/test_integrate.cpp
void start_replicas(const DynamicsView& view, const LaunchPolicy& policy, Stream stream);
void begin_step(DynamicsKind kind,
                const DynamicsView& view,
                const LaunchPolicy& policy,
                Stream stream);
void finish_step(DynamicsKind kind,
                 const DynamicsView& view,
                 const LaunchPolicy& policy,
                 Stream stream);

}  // namespace fusemd
