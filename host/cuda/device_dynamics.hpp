// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "host/md/dynamics.hpp"
#include "kernels/integrate.hpp"

namespace fusemd::cuda {

// From host/md's words to those of kernels/integrate.hpp. Everything that needs the mathematics
// library (exponentials of the thermostats) is computed here, so that devices work with the bits of
// the CPU engine.

/// Angstrom from the origin along an axis: an atom that far, a tenth of a millimetre, is lost.
inline constexpr double kLostBeyond = 1e6;

DynamicsKind dynamics_kind(Ensemble ensemble);

DynamicsConstants dynamics_constants(const DynamicsParameters& parameters);

/// Needs    the `dynamics` that the replica is advanced with.
ReplicaConstants replica_constants(const ReplicaState& state, const Dynamics& dynamics);

/// The numbers of a state that its block carries along.
ReplicaProgress replica_progress(const ReplicaState& state);

/// What stopped a replica, as host/md reports it. Needs progress.stopped != none.
StepFailure step_failure(const ReplicaProgress& progress, std::size_t n_atoms);

}  // namespace fusemd::cuda
