// SPDX-License-Identifier: MIT
// kernels/system_energy.hpp: a block a system.
#include "kernels/system_energy.cuh"
#include "kernels/system_energy.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace system_energy_kernels {

__global__ void __launch_bounds__(kMaxDynamicsThreads)
    system_energies_kernel(BatchView batch, const double* atom_energies, double* energies) {
  FUSEMD_SHARED(double, scratch, [ordered_sum_doubles(1)]);
  const unsigned begin = batch.system_start[blockIdx.x];
  const unsigned n = batch.system_start[blockIdx.x + 1] - begin;
  const double sum = sum_of_energies(atom_energies + begin, n, scratch);
  if (threadIdx.x == 0) energies[blockIdx.x] = sum;
}

}  // namespace system_energy_kernels

void system_energies(const BatchView& batch,
                     const double* atom_energies,
                     double* energies,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (batch.n_systems == 0) return;
  simt::launch({.grid = {batch.n_systems}, .block = {policy.dynamics_threads}}, stream,
               system_energy_kernels::system_energies_kernel, batch, atom_energies, energies);
}

}  // namespace fusemd
