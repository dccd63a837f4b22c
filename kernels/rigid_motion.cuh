// SPDX-License-Identifier: MIT
#pragma once
// Momentum and angular momentum of one replica, taken out by one block: host/md/rigid_motion.hpp.

#include "kernels/integrate.hpp"
#include "kernels/ordered_sum.cuh"
#include "kernels/rigid_rotation.hpp"

namespace fusemd {

/// Doubles of shared memory that the functions of this file and kernels/integrate.cuh need.
inline constexpr unsigned kDynamicsDoubles = ordered_sum_doubles(7) + ordered_sum_doubles(9) + 3;

/// sum of m v^2 / 2 in eV; barriers and needs as of ordered_sums().
__device__ __forceinline__ double kinetic_energy_of(const DynamicsConstants& constants,
                                                    const ReplicaView& r,
                                                    double* strand_sums) {
  double sums[1];
  ordered_sums<1>(
      r.n_atoms, strand_sums,
      [&](unsigned i, double(&values)[1]) {
        values[0] = r.mass[i] * (r.vx[i] * r.vx[i] + r.vy[i] * r.vy[i] + r.vz[i] * r.vz[i]);
      },
      sums);
  return constants.kinetic_factor * sums[0];
}

/// Takes the momentum, then the angular momentum out of the velocities. By all threads; each
/// changes the velocities of the atoms that it owns (for_each_owned()).
///
/// Needs    scratch: kDynamicsDoubles of shared memory that nobody is using. Three barriers inside;
///          the velocities are visible to their owners alone, and a barrier must follow before the
///          scratch is used again, except its first ordered_sum_doubles(7), which are free.
__device__ __forceinline__ void remove_rigid_motion(const ReplicaView& r, double* scratch) {
  double* first_sums = scratch;
  double* second_sums = first_sums + ordered_sum_doubles(7);
  double* omega = second_sums + ordered_sum_doubles(9);
  double sums[7];  // m, m v, m r
  ordered_sums<7>(
      r.n_atoms, first_sums,
      [&](unsigned i, double(&values)[7]) {
        const double m = r.mass[i];
        values[0] = m;
        values[1] = m * r.vx[i];
        values[2] = m * r.vy[i];
        values[3] = m * r.vz[i];
        values[4] = m * r.x[i];
        values[5] = m * r.y[i];
        values[6] = m * r.z[i];
      },
      sums);
  const double inverse_mass = 1.0 / sums[0];
  const double drift_x = inverse_mass * sums[1], drift_y = inverse_mass * sums[2],
               drift_z = inverse_mass * sums[3];
  const double centre_x = inverse_mass * sums[4], centre_y = inverse_mass * sums[5],
               centre_z = inverse_mass * sums[6];
  double moments[9];  // inertia xx, yy, zz, xy, xz, yz; angular momentum
  ordered_sums<9>(
      r.n_atoms, second_sums,
      [&](unsigned i, double(&values)[9]) {
        const double vx = r.vx[i] - drift_x, vy = r.vy[i] - drift_y, vz = r.vz[i] - drift_z;
        r.vx[i] = vx;
        r.vy[i] = vy;
        r.vz[i] = vz;
        const double m = r.mass[i];
        const double dx = r.x[i] - centre_x, dy = r.y[i] - centre_y, dz = r.z[i] - centre_z;
        const double square = dx * dx + dy * dy + dz * dz;
        values[0] = m * square - m * dx * dx;
        values[1] = m * square - m * dy * dy;
        values[2] = m * square - m * dz * dz;
        values[3] = m * dx * dy;
        values[4] = m * dx * dz;
        values[5] = m * dy * dz;
        values[6] = m * (dy * vz - dz * vy);
        values[7] = m * (dz * vx - dx * vz);
        values[8] = m * (dx * vy - dy * vx);
      },
      moments);
  // One thread: double precision is scarce, and the others would only do the same.
  if (threadIdx.x == 0) {
    const double inertia[3][3] = {{moments[0], -moments[3], -moments[4]},
                                  {-moments[3], moments[1], -moments[5]},
                                  {-moments[4], -moments[5], moments[2]}};
    const double spin[3] = {moments[6], moments[7], moments[8]};
    double turning[3];
    angular_velocity(eigen_symmetric(inertia), spin, turning);
    for (unsigned a = 0; a < 3; ++a) omega[a] = turning[a];
  }
  __syncthreads();
  const double wx = omega[0], wy = omega[1], wz = omega[2];
  for_each_owned(r.n_atoms, [&](unsigned i) {
    const double dx = r.x[i] - centre_x, dy = r.y[i] - centre_y, dz = r.z[i] - centre_z;
    r.vx[i] -= wy * dz - wz * dy;
    r.vy[i] -= wz * dx - wx * dz;
    r.vz[i] -= wx * dy - wy * dx;
  });
}

}  // namespace fusemd
