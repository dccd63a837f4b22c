// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/md/ensemble.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// What a run is asked to do with its structures.
struct StartConditions {
  double cutoff = 0.0;       ///< Angstrom, of the model
  double timestep = 0.0;     ///< fs
  double temperature = 0.0;  ///< K
  Ensemble ensemble = Ensemble::nve;
  bool uses_given_velocities = true;
};

/// The longest time step (fs) that follows the vibrations of an atom of this mass: 1 fs for
/// hydrogen, whose bonds vibrate in about 10 fs, and as the root of the mass.
double longest_timestep(double mass);

/// One sentence for everything about a start that is allowed and rarely meant:
///
/// - parts that are farther than the cutoff from everything else and feel nothing of it,
/// - given velocities whose temperature is far from the one asked for: off by more than five
/// standard
///   deviations of a canonical sample, or a twentieth of it,
/// - a left-handed cell that is not periodic.
///
/// Needs    check_structure() has passed.
/// Work     sorts the atoms along x and compares those within the cutoff in x.
std::vector<std::string> start_warnings(const Structure& structure, const StartConditions& start);

/// A sentence if the time step is longer than longest_timestep() of the lightest atom; else empty.
std::string timestep_warning(const std::vector<Structure>& structures, double timestep);

}  // namespace fusemd
