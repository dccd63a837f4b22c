// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// The virial of every system from its atoms' shares, which the convolutions' backward passes make.
///
///   W_s = sum over atoms i of s of  virials_i,   W[a][b] = sum over edges of r[a] dE/dr[b]
///
/// Source   docs/model.md (15). Differs: none.
/// Shapes   virials [n_atoms][9]; system_virials [n_systems][9], overwritten.
/// Units    eV.
/// Work     9 additions in double and 72 bytes an atom; one block a system.
/// Result   the same bits at every block width and in every batch: a fixed order of atoms
///          (kernels/ordered_sum.cuh).
/// Errors   DeviceError if the launch is refused. No systems: nothing is launched.
/// Tests    test/simt/kernels/test_virial.cpp
void sum_virials(const BatchView& batch,
                 const double* virials,
                 double* system_virials,
                 const LaunchPolicy& policy,
                 Stream stream);

}  // namespace fusemd
