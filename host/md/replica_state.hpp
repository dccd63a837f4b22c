// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "host/vec3.hpp"

namespace fusemd {

/// How often two elements were closer than anywhere in the training data.
struct CloseApproach {
  int z_a = 0, z_b = 0;  ///< atomic numbers, z_a <= z_b
  std::int64_t first_step = 0;
  std::int64_t last_step = -1;
  std::int64_t looks = 0;  ///< steps that were looked at and had such a pair
  double closest = 1e300;  ///< Angstrom

  friend bool operator==(const CloseApproach&, const CloseApproach&) = default;
};

/// Everything that decides how a replica goes on: saved and loaded bit by bit, it continues with
/// the bits it would have had. Random numbers are functions of (seed, replica, step), so no
/// generator is part of it.
struct ReplicaState {
  std::int32_t replica = 0;  ///< global number: the same in any batch and slot
  std::uint64_t seed = 0;
  double temperature = 0.0;  ///< of the thermostat, K
  std::int64_t step = 0;
  bool has_forces = false;  ///< whether forces and energies belong to positions and velocities
  bool failed = false;      ///< stopped for good, at its last good step
  double potential_energy = 0.0;          ///< eV
  double kinetic_energy = 0.0;            ///< eV
  double heat = 0.0;                      ///< what the thermostat has put in since step 0, eV
  std::vector<Vec3> positions;            ///< Angstrom
  std::vector<Vec3> velocities;           ///< Angstrom/fs
  std::vector<Vec3> forces;               ///< eV/Angstrom
  std::vector<CloseApproach> approaches;  ///< a record (StepWatch); it decides nothing

  double total_energy() const { return potential_energy + kinetic_energy; }

  /// Constant up to the error of the time step: the total energy less the thermostat's heat.
  double conserved_energy() const { return total_energy() - heat; }

  friend bool operator==(const ReplicaState&, const ReplicaState&) = default;
};

}  // namespace fusemd
