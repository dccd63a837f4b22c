// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "host/md/sample.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// Appends one frame in extended XYZ format.
///
///   12
///   Properties=species:S:1:pos:R:3:velo:R:3:momenta:R:3:forces:R:3 energy=... pbc="F F F" ...
///   C 0.0 1.395248 0.0 ...
///
/// with step, time_fs, replica, kinetic_energy_eV and temperature_K in place of the last dots.
/// Velocities stand there twice, because no one column serves everybody: `velo` (Angstrom/fs) is
/// what OVITO shows and what comes back bit for bit; `momenta` (m v in sqrt(eV amu)) is the only
/// form that ASE's get_velocities() knows. Energy and forces land in ASE's calculator. `masses` are
/// written if they are given, so that ASE divides by the same ones. A frame without velocities or
/// forces (an empty span) has no such columns.
///
/// Source   libAtoms/extxyz, README.md; ASE's ase.io.extxyz; constants in host/units.hpp (CODATA
/// 2018;
///          ase.units of 2014, which differs by 4e-9, shows momenta that much larger or smaller).
/// Result   every number is the shortest decimal that reads back as the same double.
/// Work     about 50 ns a number, no allocation once `text` is large enough.
void append_extxyz(std::string& text, const Frame& frame);

/// The same for a structure that is no part of a run: what it has is written, Lattice included.
void append_extxyz(std::string& text, const Structure& structure);

}  // namespace fusemd
