// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd::units {

// eV, Angstrom, fs, amu, K everywhere. docs/units.md tells where each constant comes from.

/// Boltzmann constant, eV/K (CODATA 2018, exact by definition of the SI).
inline constexpr double kBoltzmann = 8.617333262145179e-5;

/// 1 amu Angstrom^2/fs^2 in eV: kinetic energy = 1/2 m v^2 * kEnergyPerMassVelocity2.
/// CODATA 2018: atomic mass constant 1.66053906660e-27 kg, elementary charge 1.602176634e-19 C.
inline constexpr double kEnergyPerMassVelocity2 = 1.66053906660e-27 * 1e10 / 1.602176634e-19;

/// Acceleration in Angstrom/fs^2 of 1 amu under 1 eV/Angstrom.
inline constexpr double kAccelerationPerForce = 1.0 / kEnergyPerMassVelocity2;

}  // namespace fusemd::units
