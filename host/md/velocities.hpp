// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "host/md/ensemble.hpp"
#include "host/vec3.hpp"

namespace fusemd {

/// How the velocities of a replica are drawn.
struct VelocityDraw {
  std::uint64_t seed = 0;
  std::int32_t replica = 0;  ///< global number
  double temperature = 0.0;  ///< K, >= 0
  Ensemble ensemble = Ensemble::nve;

  /// true: scaled to have exactly `temperature`, so that the first row of a log says what was
  /// asked for, as GROMACS, LAMMPS and GPUMD do. false: the kinetic energy is Maxwell-Boltzmann
  /// distributed (chi-square with N_f degrees of freedom), right for many NVE replicas that
  /// stand for a canonical ensemble.
  bool exact_temperature = true;
};

/// Draws Maxwell-Boltzmann velocities: each component normal with variance k_B T / m.
///
/// NVE and CSVR: momentum and angular momentum are taken out, as the dynamics conserves them.
/// Langevin: nothing is taken out. Its equilibrium has 3 N degrees of freedom, the motion of the
/// whole molecule among them; a start without that motion would be too cold until friction mends
/// it.
/// Shapes   positions, masses, velocities [n_atoms]; velocities are overwritten.
/// Units    Angstrom, amu, Angstrom/fs, K.
/// Result   a function of the draw, positions and masses: the same bits in any batch.
void draw_velocities(const VelocityDraw& draw,
                     std::span<const Vec3> positions,
                     std::span<const double> masses,
                     std::span<Vec3> velocities);

/// sum of m v^2 / 2 in eV.
double kinetic_energy(std::span<const Vec3> velocities, std::span<const double> masses);

}  // namespace fusemd
