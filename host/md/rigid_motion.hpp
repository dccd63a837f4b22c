// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "host/vec3.hpp"

namespace fusemd {

/// How a molecule can turn.
enum class Shape {
  atom,    ///< one atom: it cannot
  linear,  ///< about two axes
  bent,    ///< about three axes
};

/// Moments of inertia about the centre of mass, ascending, amu Angstrom^2, and their axes.
struct PrincipalAxes {
  std::array<double, 3> moments{};
  std::array<Vec3, 3> axes{};  ///< orthonormal
};

/// Shapes: positions, velocities, masses [n_atoms], n_atoms >= 1. Units: Angstrom, Angstrom/fs,
/// amu.
Vec3 centre_of_mass(std::span<const Vec3> positions, std::span<const double> masses);
Vec3 momentum(std::span<const Vec3> velocities, std::span<const double> masses);

/// About the centre of mass, in the frame that moves with it: sum of m (r - r_c) x v.
Vec3 angular_momentum(std::span<const Vec3> positions,
                      std::span<const Vec3> velocities,
                      std::span<const double> masses);

/// Eigenvalues and eigenvectors of the inertia tensor (kernels/rigid_rotation.hpp).
PrincipalAxes principal_axes(std::span<const Vec3> positions, std::span<const double> masses);

/// Linear: as first_rotation_axis() of kernels/rigid_rotation.hpp has it. All atoms at one point
/// count as one atom.
Shape shape_of(std::span<const Vec3> positions, std::span<const double> masses);

/// Takes the momentum, then the angular momentum out of `velocities`. A linear molecule's axis
/// is left alone: it carries no rotation.
void remove_rigid_motion(std::span<const Vec3> positions,
                         std::span<const double> masses,
                         std::span<Vec3> velocities);

}  // namespace fusemd
