// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/ordered_sum.cuh"

namespace fusemd {

/// Sum of n energies, by all threads of the block; every one gets it.
///
/// Needs    scratch: ordered_sum_doubles(1) doubles of shared memory that nobody is using;
///          atom_energies visible to the block. One barrier inside; one must follow before the
///          scratch is used again.
__device__ __forceinline__ double sum_of_energies(const double* atom_energies,
                                                  unsigned n,
                                                  double* scratch) {
  double sums[1];
  ordered_sums<1>(
      n, scratch, [&](unsigned i, double(&values)[1]) { values[0] = atom_energies[i]; }, sums);
  return sums[0];
}

}  // namespace fusemd
