// SPDX-License-Identifier: MIT
#pragma once
// Sums over a system's atoms whose bits do not depend on how many threads add them up.

#include "kernels/warp.cuh"

namespace fusemd {

/// Partial sums that an ordered sum keeps apart.
inline constexpr unsigned kStrands = 32;

/// Doubles of shared memory that ordered_sums() of kCount sums needs.
[[nodiscard]] FUSEMD_HD constexpr unsigned ordered_sum_doubles(unsigned n_sums) {
  return kStrands * n_sums;
}

/// kCount sums over i = 0 ... n - 1 in one order, whatever the block's width: strand w, lane l adds
/// the terms i = 1024 j + 32 w + l in the order of j; the lanes of a strand are added in pairs, the
/// strands in order. Up to 32 terms are one strand: one warp's butterfly.
///
///   term(i, values)   sets the kCount values of term i; called once for each i, by the thread that
///                     owns i where for_each_owned() is used
///
/// By all threads of the block; every one gets the sums.
/// Needs    strand_sums: ordered_sum_doubles(kCount) of shared memory that nobody is using. One
///          barrier inside, after the terms: it also makes visible what the terms wrote. Another
///          one must follow before strand_sums is used again.
template <unsigned kCount, class Term>
__device__ __forceinline__ void ordered_sums(unsigned n,
                                             double* strand_sums,
                                             const Term& term,
                                             double (&sums)[kCount]) {
  const simt::Warps warps = simt::block_warps();
  const unsigned lane = simt::lane_index();
  const unsigned used = min(ceil_div(n, simt::kWarpSize), kStrands);
  for (unsigned strand = warps.index; strand < used; strand += warps.count) {
    double own[kCount] = {};
    for (unsigned i = strand * simt::kWarpSize + lane; i < n; i += kStrands * simt::kWarpSize) {
      double values[kCount];
      term(i, values);
#pragma unroll
      for (unsigned k = 0; k < kCount; ++k) own[k] += values[k];
    }
#pragma unroll
    for (unsigned k = 0; k < kCount; ++k) {
      const double sum = simt::warp_sum(own[k]);
      if (lane == 0) strand_sums[strand * kCount + k] = sum;
    }
  }
  __syncthreads();
#pragma unroll
  for (unsigned k = 0; k < kCount; ++k) {
    sums[k] = 0.0;
    for (unsigned strand = 0; strand < used; ++strand) sums[k] += strand_sums[strand * kCount + k];
  }
}

/// The atoms i = 0 ... n - 1 whose terms the calling thread adds in ordered_sums(): what it does to
/// them here needs no barrier before the sum.
template <class Body>
__device__ __forceinline__ void for_each_owned(unsigned n, const Body& body) {
  const simt::Warps warps = simt::block_warps();
  for (unsigned strand = warps.index; strand * simt::kWarpSize < n && strand < kStrands;
       strand += warps.count) {
    for (unsigned i = strand * simt::kWarpSize + simt::lane_index(); i < n;
         i += kStrands * simt::kWarpSize) {
      body(i);
    }
  }
}

}  // namespace fusemd
