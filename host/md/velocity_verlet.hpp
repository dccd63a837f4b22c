// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>

#include "host/md/dynamics.hpp"
#include "host/units.hpp"

namespace fusemd {

/// Velocity Verlet: v += F dt/2m,  r += v dt,  F = F(r),  v += F dt/2m.
///
/// Source   Swope, Andersen, Berens, Wilson, J. Chem. Phys. 76, 637 (1982), written as two half
///          kicks. Differs from the paper: none.
/// Result   time-reversible, symplectic; the energy error is of order dt^2 and bounded. The two
///          half kicks around a step's end are not merged into one: merged, the bits would
///          depend on where samples fall.
/// Returns  whether every step was good (step_is_good); after a bad one the call ends at once.
bool advance_velocity_verlet(ReplicaState& state,
                             const Dynamics& dynamics,
                             Evaluator& evaluator,
                             std::int64_t n_steps);

/// Finite energy, and a kinetic energy within the limit. A force that is not finite makes the
/// velocity, and so the kinetic energy, not finite: these two comparisons, false for NaN, see
/// everything.
inline bool step_is_good(const ReplicaState& state, const Dynamics& dynamics) {
  return std::abs(state.potential_energy) <= std::numeric_limits<double>::max() &&
         state.kinetic_energy <= dynamics.kinetic_limit();
}

/// v += F dt/2m,  r += v `drift_time`.
inline void kick_and_drift(ReplicaState& state, const Dynamics& dynamics, double drift_time) {
  const std::size_t n = state.positions.size();
  const double* __restrict half_kick = dynamics.half_kicks().data();
  const Vec3* __restrict force = state.forces.data();
  Vec3* __restrict velocity = state.velocities.data();
  Vec3* __restrict position = state.positions.data();
  for (std::size_t i = 0; i < n; ++i) {
    const double k = half_kick[i];
    const Vec3 v{velocity[i].x + k * force[i].x, velocity[i].y + k * force[i].y,
                 velocity[i].z + k * force[i].z};
    velocity[i] = v;
    position[i].x += drift_time * v.x;
    position[i].y += drift_time * v.y;
    position[i].z += drift_time * v.z;
  }
}

/// New forces, v += F dt/2m, kinetic energy; the step is then complete and counted. The
/// components are summed apart so that three additions overlap.
inline bool compute_and_kick(ReplicaState& state, const Dynamics& dynamics, Evaluator& evaluator) {
  state.potential_energy = evaluator.compute(state.positions, state.forces);
  const std::size_t n = state.positions.size();
  const double* __restrict half_kick = dynamics.half_kicks().data();
  const double* __restrict mass = dynamics.masses().data();
  const Vec3* __restrict force = state.forces.data();
  Vec3* __restrict velocity = state.velocities.data();
  double xx = 0.0, yy = 0.0, zz = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double k = half_kick[i], m = mass[i];
    const Vec3 v{velocity[i].x + k * force[i].x, velocity[i].y + k * force[i].y,
                 velocity[i].z + k * force[i].z};
    velocity[i] = v;
    xx += m * v.x * v.x;
    yy += m * v.y * v.y;
    zz += m * v.z * v.z;
  }
  state.kinetic_energy = 0.5 * units::kEnergyPerMassVelocity2 * (xx + yy + zz);
  ++state.step;
  return step_is_good(state, dynamics);
}

}  // namespace fusemd
