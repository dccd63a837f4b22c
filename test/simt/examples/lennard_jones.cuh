// SPDX-License-Identifier: MIT
#pragma once
// Molecular dynamics of Lennard-Jones atoms in one persistent kernel: all pairs from tiles in
// shared memory, semi-implicit Euler steps, the energy of each step as a fixed-point sum, two grid
// barriers a step. Reduced units.

#include "kernels/grid_barrier.cuh"

namespace fusemd::examples {

inline constexpr unsigned kLennardJonesThreads = 64;
inline constexpr float kEnergyUnit = 0x1p-20f;  ///< of the fixed-point sums

__global__ void __launch_bounds__(kLennardJonesThreads) lennard_jones(float4* positions,
                                                                      float4* velocities,
                                                                      unsigned long long* energies,
                                                                      unsigned n,
                                                                      unsigned steps,
                                                                      float timestep,
                                                                      float cutoff,
                                                                      unsigned* barrier_word) {
  FUSEMD_SHARED(float4, tile, [kLennardJonesThreads]);
  FUSEMD_SHARED(float, warp_energy, [kLennardJonesThreads / 32]);
  const unsigned i = blockIdx.x * kLennardJonesThreads + threadIdx.x;
  for (unsigned step = 0; step < steps; ++step) {
    const float4 own = i < n ? positions[i] : make_float4(1e9f, 0.0f, 0.0f, 0.0f);
    float force_x = 0.0f;
    float force_y = 0.0f;
    float force_z = 0.0f;
    float energy = 0.0f;
    for (unsigned first = 0; first < n; first += kLennardJonesThreads) {
      const unsigned j = first + threadIdx.x;
      tile[threadIdx.x] = j < n ? positions[j] : make_float4(-1e9f, 0.0f, 0.0f, 0.0f);
      __syncthreads();
      for (unsigned k = 0; k < kLennardJonesThreads; ++k) {
        const float4 other = tile[k];
        const float dx = own.x - other.x;
        const float dy = own.y - other.y;
        const float dz = own.z - other.z;
        const float r2 = fmaf(dx, dx, fmaf(dy, dy, dz * dz));
        if (r2 < cutoff * cutoff && r2 > 0.0f) {
          const float inverse2 = 1.0f / r2;
          const float inverse6 = inverse2 * inverse2 * inverse2;
          const float scale = 24.0f * inverse2 * inverse6 * (2.0f * inverse6 - 1.0f);
          force_x = fmaf(scale, dx, force_x);
          force_y = fmaf(scale, dy, force_y);
          force_z = fmaf(scale, dz, force_z);
          energy += 2.0f * inverse6 * (inverse6 - 1.0f);
        }
      }
      __syncthreads();
    }
    for (int offset = 16; offset > 0; offset /= 2) {
      energy += __shfl_xor_sync(simt::kFullWarp, energy, offset);
    }
    if (threadIdx.x % 32 == 0) warp_energy[threadIdx.x / 32] = energy;
    __syncthreads();
    if (threadIdx.x == 0) {
      float sum = 0.0f;
      for (unsigned w = 0; w < kLennardJonesThreads / 32; ++w) sum += warp_energy[w];
      atomicAdd(&energies[step],
                static_cast<unsigned long long>(__float2ll_rn(sum * (1.0f / kEnergyUnit))));
    }
    simt::grid_barrier(barrier_word);
    if (i < n) {
      float4 velocity = velocities[i];
      velocity.x = fmaf(timestep, force_x, velocity.x);
      velocity.y = fmaf(timestep, force_y, velocity.y);
      velocity.z = fmaf(timestep, force_z, velocity.z);
      velocities[i] = velocity;
      positions[i] =
          make_float4(fmaf(timestep, velocity.x, own.x), fmaf(timestep, velocity.y, own.y),
                      fmaf(timestep, velocity.z, own.z), 0.0f);
    }
    simt::grid_barrier(barrier_word);
  }
}

}  // namespace fusemd::examples
