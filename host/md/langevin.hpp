// SPDX-License-Identifier: MIT
#pragma once

#include "host/md/dynamics.hpp"

namespace fusemd {

/// Langevin dynamics by the BAOAB splitting:
///
///   B  v += F dt/2m        A  r += v dt/2
///   O  v  = c v + sqrt((1 - c^2) k_B T / m) xi,   c = exp(-friction dt),  xi standard normal
///   A  r += v dt/2         B  v += F dt/2m with the new F
///
/// Source   Leimkuhler & Matthews, Appl. Math. Res. Express 2013, 34 (2013); J. Chem. Phys. 138,
///          174102 (2013). Differs from the paper: none.
/// Result   positions in a harmonic well have the canonical variance exactly, at every stable time
///          step. That of the velocities is low by a share of (omega dt)^2 / 4.
///          The kinetic energy that the O steps put in adds up in state.heat, so that total energy
///          - heat is constant but for the error of the deterministic steps.
///          Noise: RandomPurpose::langevin_noise, index = atom, at the step that is left.
/// Returns  whether every step was good, as advance_velocity_verlet.
bool advance_langevin(ReplicaState& state,
                      const Dynamics& dynamics,
                      Evaluator& evaluator,
                      std::int64_t n_steps);

/// The constants of O for a replica at this temperature (K).
struct OrnsteinUhlenbeck {
  double keep = 0.0;   ///< c
  double noise = 0.0;  ///< sqrt((1 - c^2) k_B T), Angstrom/fs amu^1/2
};
OrnsteinUhlenbeck ornstein_uhlenbeck(const DynamicsParameters& parameters, double temperature);

}  // namespace fusemd
