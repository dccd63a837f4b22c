// SPDX-License-Identifier: MIT
#pragma once
// How a rigid body turns, from its inertia tensor. No array is indexed by a variable, so that on a
// device everything stays in registers.

#include <cmath>

#include "kernels/platform.hpp"

namespace fusemd {

/// Eigenvalues of a symmetric matrix, ascending, and its orthonormal eigenvectors, in rows.
struct SymmetricEigen {
  double values[3];
  double vectors[3][3];
};

namespace detail {

/// One Jacobi rotation that makes a[p][q] zero.
template <int p, int q>
FUSEMD_HD inline void jacobi_rotate(double (&a)[3][3], double (&v)[3][3]) {
  if (a[p][q] == 0.0) return;
  const double theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
  const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
  const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
  for (int k = 0; k < 3; ++k) {
    const double x = a[k][p], y = a[k][q];
    a[k][p] = c * x - s * y;
    a[k][q] = s * x + c * y;
  }
  for (int k = 0; k < 3; ++k) {
    const double x = a[p][k], y = a[q][k];
    a[p][k] = c * x - s * y;
    a[q][k] = s * x + c * y;
  }
  for (int k = 0; k < 3; ++k) {
    const double x = v[k][p], y = v[k][q];
    v[k][p] = c * x - s * y;
    v[k][q] = s * x + c * y;
  }
}

FUSEMD_HD inline void order_pair(SymmetricEigen& eigen, int i, int j) {
  if (!(eigen.values[j] < eigen.values[i])) return;
  const double value = eigen.values[i];
  eigen.values[i] = eigen.values[j];
  eigen.values[j] = value;
  for (int k = 0; k < 3; ++k) {
    const double component = eigen.vectors[i][k];
    eigen.vectors[i][k] = eigen.vectors[j][k];
    eigen.vectors[j][k] = component;
  }
}

}  // namespace detail

/// Cyclic Jacobi rotations.
///
/// Source   Jacobi, J. reine angew. Math. 30, 51 (1846), in the form of Golub & Van Loan, Matrix
///          Computations, section 8.5. Differs: none.
/// Result   + - * / and sqrt only: the same bits on every host and device.
FUSEMD_HD inline SymmetricEigen eigen_symmetric(const double (&matrix)[3][3]) {
  double a[3][3], v[3][3];
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      a[i][k] = matrix[i][k];
      v[i][k] = i == k ? 1.0 : 0.0;
    }
  }
  // A sweep squares the relative size of what is off the diagonal: 16 are more than ever needed.
  for (int sweep = 0; sweep < 16; ++sweep) {
    const double off = std::abs(a[0][1]) + std::abs(a[0][2]) + std::abs(a[1][2]);
    if (off <= 1e-18 * (a[0][0] + a[1][1] + a[2][2])) break;
    detail::jacobi_rotate<0, 1>(a, v);
    detail::jacobi_rotate<0, 2>(a, v);
    detail::jacobi_rotate<1, 2>(a, v);
  }
  SymmetricEigen eigen;
  for (int i = 0; i < 3; ++i) {
    eigen.values[i] = a[i][i];
    for (int k = 0; k < 3; ++k) eigen.vectors[i][k] = v[k][i];
  }
  detail::order_pair(eigen, 0, 1);
  detail::order_pair(eigen, 1, 2);
  detail::order_pair(eigen, 0, 1);
  return eigen;
}

/// The first principal axis (ascending moments) that a body can turn about: 0 bent, 1 linear, 3 one
/// point, none. Linear: the smallest moment is at most 1e-5 of the largest (CO2 bent by 0.7
/// degrees, a geometry relaxed to 0.01 eV/Angstrom, is still linear).
FUSEMD_HD inline int first_rotation_axis(const SymmetricEigen& inertia) {
  constexpr double kLinearRatio = 1e-5;
  if (!(inertia.values[2] > 0.0)) return 3;
  return inertia.values[0] <= kLinearRatio * inertia.values[2] ? 1 : 0;
}

/// omega = sum over the axes that the body turns about of (L . e_k / I_k) e_k.
FUSEMD_HD inline void angular_velocity(const SymmetricEigen& inertia,
                                       const double (&angular_momentum)[3],
                                       double (&omega)[3]) {
  const int first = first_rotation_axis(inertia);
  for (int a = 0; a < 3; ++a) omega[a] = 0.0;
  for (int k = 0; k < 3; ++k) {
    if (k < first) continue;
    const double(&axis)[3] = inertia.vectors[k];
    const double along = angular_momentum[0] * axis[0] + angular_momentum[1] * axis[1] +
                         angular_momentum[2] * axis[2];
    for (int a = 0; a < 3; ++a) omega[a] += (along / inertia.values[k]) * axis[a];
  }
}

}  // namespace fusemd
