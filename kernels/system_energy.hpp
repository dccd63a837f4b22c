// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd {

/// The energy of each system, the sum of its atoms' energies, in double:
///
///   energies[s] = sum over the atoms i of s of atom_energies[i]
///
/// Shapes   atom_energies [batch.n_atoms], energies [batch.n_systems], overwritten; eV.
/// Work     8 bytes an atom; a block a system. Bound by latency.
/// Result   deterministic: the order (kernels/ordered_sum.cuh) depends on the system's number of
///          atoms alone, so a system has the same bits in any batch and with any block width. A
///          system without atoms has energy 0.
/// Errors   DeviceError if the launch is refused. No systems: returns without launching.
/// Tests    test/simt/kernels/test_system_energy.cpp
void system_energies(const BatchView& batch,
                     const double* atom_energies,
                     double* energies,
                     const LaunchPolicy& policy,
                     Stream stream);

}  // namespace fusemd
