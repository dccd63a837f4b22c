// SPDX-License-Identifier: MIT
// One block a system. Bound: the 72 bytes an atom.
#include "kernels/ordered_sum.cuh"
#include "kernels/virial.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace virial_kernels {

constexpr unsigned kMaxThreads = 256;
constexpr unsigned kNumbers = 9;

__global__ void __launch_bounds__(kMaxThreads)
    sum_virials_block_per_system(BatchView batch,
                                 const double* __restrict__ virials,
                                 double* __restrict__ system_virials) {
  FUSEMD_SHARED(double, strand_sums, [ordered_sum_doubles(kNumbers)]);
  const std::uint32_t system = blockIdx.x;
  const std::uint32_t first = batch.system_start[system];
  double sums[kNumbers];
  ordered_sums<kNumbers>(
      batch.system_start[system + 1] - first, strand_sums,
      [&](unsigned i, double(&values)[kNumbers]) {
        for (unsigned k = 0; k < kNumbers; ++k) {
          values[k] = virials[std::size_t{first + i} * kNumbers + k];
        }
      },
      sums);
  if (threadIdx.x == 0) {
    for (unsigned k = 0; k < kNumbers; ++k) {
      system_virials[std::size_t{system} * kNumbers + k] = sums[k];
    }
  }
}

}  // namespace virial_kernels

void sum_virials(const BatchView& batch,
                 const double* virials,
                 double* system_virials,
                 const LaunchPolicy& policy,
                 Stream stream) {
  if (batch.n_systems == 0) return;
  simt::launch({.grid = {batch.n_systems}, .block = {policy.neighbour_threads}}, stream,
               virial_kernels::sum_virials_block_per_system, batch, virials, system_virials);
}

}  // namespace fusemd
