// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/md/simulation.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// Writes the last good steps of replicas that were stopped: FOLDER/failed/replica-N.xyz, frames in
/// extended XYZ as in the trajectory. At most kMostFailedFiles of them.
///
/// Errors   OutputError.
void write_failed_frames(const std::string& folder,
                         const std::vector<ReplicaFailure>& failures,
                         const std::vector<Structure>& structures,
                         double timestep);

inline constexpr std::size_t kMostFailedFiles = 100;

/// Removes what an earlier run left there, and the folder if nothing else is in it.
void remove_failed_frames(const std::string& folder);

}  // namespace fusemd
