// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "kernels/cooperative_loop.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd::cuda {

/// How many teams of how many blocks, and why, in words for the run's heading.
struct TeamChoice {
  TeamShape shape;  ///< without blocks if not even one fits the device
  std::string reason;
};

/// Divides a device among replicas, so that no block ever waits for one that is not resident.
///
///   blocks of a team   an atom each, fewer where the device has not as many for every replica
///   teams              one a replica, as many as are resident; each takes several in turn then
///   tile_rows          the atoms of a block, policy.node_rows at most, fewer where shared memory
///                      does not hold them
///   clusters           where a cluster holds the molecule with kClusterAtoms atoms a block at most
///
/// resident   blocks of a shape that the device holds at once; 0: none.
TeamChoice choose_teams(std::uint32_t n_replicas,
                        std::uint32_t largest,
                        const LaunchPolicy& policy,
                        const std::function<unsigned(const TeamShape&)>& resident);

/// With more atoms a block, more blocks are worth more than the cluster's cheaper barrier.
inline constexpr unsigned kClusterAtoms = 2;

}  // namespace fusemd::cuda
