// SPDX-License-Identifier: MIT
#pragma once

#include "host/md/dynamics.hpp"
#include "kernels/csvr_scale.hpp"

namespace fusemd {

/// Canonical sampling through velocity rescaling: after each velocity-Verlet step all velocities
/// are multiplied by alpha,
///
///   alpha^2 = c + a (R_1^2 + S) + 2 R_1 sqrt(c a),   sign(alpha) = sign(R_1 + sqrt(c / a)),
///   a = (1 - c) k_B T / (2 K),   c = exp(-dt / tau)
///
/// R_1 standard normal, S chi-square with N_f - 1 degrees of freedom.
///
/// Source   Bussi, Donadio, Parrinello, J. Chem. Phys. 126, 014101 (2007), eqs. A7 and A8 with
///          K_target = N_f k_B T / 2. Differs from the paper: rigid motion is taken out now and
///          then. Rounding leaves a momentum of 1e-17 of the thermal one, and every alpha
///          multiplies it: its logarithm is a random walk of variance t / ((N_f - 2) tau), which
///          no force ever resets. Sooner or later (N_f = 3, tau = 50 fs: in 25 ps it grows to
///          1e-6) it would become thermal and take its share of an energy that N_f does not
///          count. parameters().rigid_motion_every says when.
/// Result   the kinetic energy has the canonical distribution; momentum and angular momentum
///          stay zero. All changes of it add up in state.heat: total energy - heat is the
///          paper's conserved quantity. With no degree of freedom, or no kinetic energy, there
///          is nothing to rescale and alpha is 1. Random: RandomPurpose::csvr_kinetic at the
///          step just made; R_1 at index 0, S from 1.
/// Returns  whether every step was good, as advance_velocity_verlet.
bool advance_csvr(ReplicaState& state,
                  const Dynamics& dynamics,
                  Evaluator& evaluator,
                  std::int64_t n_steps);

/// What the rescaling of a replica at this temperature (K) depends on.
CsvrConstants csvr_constants(const DynamicsParameters& parameters, double temperature);

}  // namespace fusemd
