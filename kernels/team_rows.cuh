// SPDX-License-Identifier: MIT
#pragma once
// How the blocks of a team show each other what they made. Contract: kernels/cooperative_loop.hpp.

#include <cstddef>

#include "kernels/cluster.cuh"
#include "kernels/grid_barrier.cuh"

namespace fusemd::detail {

/// The atoms [first, last) that a block owns.
struct OwnAtoms {
  unsigned first, last;
};

// What a block shows the others of its team: they see what lies in device memory as it is; in a
// cluster it is written into their shared memory, too.

/// Rows that other threads of the block wrote are shown next.
__device__ __forceinline__ void before_showing(const simt::Team& /*team*/) {}
__device__ __forceinline__ void before_showing(const simt::ClusterTeam& /*team*/) {
  __syncthreads();
}

/// `count` floats of an array from `first` on.
__device__ __forceinline__ void show_floats(const simt::Team& /*team*/,
                                            float* /*array*/,
                                            std::size_t /*first*/,
                                            unsigned /*count*/) {}
__device__ __forceinline__ void show_floats(const simt::ClusterTeam& team,
                                            float* array,
                                            std::size_t first,
                                            unsigned count) {
  for (unsigned away = 1; away < team.count; ++away) {
    const unsigned rank = (team.index + away) % team.count;
    for (unsigned at = 4 * threadIdx.x; at < count; at += 4 * blockDim.x) {
      float* own = array + first + at;
      simt::store_to_cluster(own, rank, simt::load_vector<float4>(own));
    }
  }
}

/// A double of each own atom.
__device__ __forceinline__ void show_doubles(const simt::Team& /*team*/,
                                             double* /*array*/,
                                             const OwnAtoms& /*own*/) {}
__device__ __forceinline__ void show_doubles(const simt::ClusterTeam& team,
                                             double* array,
                                             const OwnAtoms& own) {
  for (unsigned away = 1; away < team.count; ++away) {
    const unsigned rank = (team.index + away) % team.count;
    for (unsigned i = own.first + threadIdx.x; i < own.last; i += blockDim.x) {
      simt::store_to_cluster(array + i, rank, array[i]);
    }
  }
}

}  // namespace fusemd::detail
