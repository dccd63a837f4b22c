// SPDX-License-Identifier: MIT
#include "host/md/rigid_motion.hpp"

#include <numeric>

#include "kernels/rigid_rotation.hpp"

namespace fusemd {
namespace {

SymmetricEigen inertia_of(std::span<const Vec3> positions, std::span<const double> masses) {
  const Vec3 centre = centre_of_mass(positions, masses);
  double inertia[3][3] = {};
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Vec3 r = positions[i] - centre;
    const std::array<double, 3> d{r.x, r.y, r.z};
    const double square = dot(r, r);
    for (std::size_t a = 0; a < 3; ++a) {
      inertia[a][a] += masses[i] * square;
      for (std::size_t b = 0; b < 3; ++b) inertia[a][b] -= masses[i] * d[a] * d[b];
    }
  }
  return eigen_symmetric(inertia);
}

}  // namespace

Vec3 centre_of_mass(std::span<const Vec3> positions, std::span<const double> masses) {
  return (1.0 / std::accumulate(masses.begin(), masses.end(), 0.0)) * momentum(positions, masses);
}

Vec3 momentum(std::span<const Vec3> velocities, std::span<const double> masses) {
  Vec3 sum;
  for (std::size_t i = 0; i < velocities.size(); ++i) sum += masses[i] * velocities[i];
  return sum;
}

Vec3 angular_momentum(std::span<const Vec3> positions,
                      std::span<const Vec3> velocities,
                      std::span<const double> masses) {
  const Vec3 centre = centre_of_mass(positions, masses);
  Vec3 sum;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    sum += masses[i] * cross(positions[i] - centre, velocities[i]);
  }
  return sum;
}

PrincipalAxes principal_axes(std::span<const Vec3> positions, std::span<const double> masses) {
  const SymmetricEigen inertia = inertia_of(positions, masses);
  PrincipalAxes result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.moments[k] = inertia.values[k];
    result.axes[k] = {inertia.vectors[k][0], inertia.vectors[k][1], inertia.vectors[k][2]};
  }
  return result;
}

Shape shape_of(std::span<const Vec3> positions, std::span<const double> masses) {
  if (positions.size() < 2) return Shape::atom;
  switch (first_rotation_axis(inertia_of(positions, masses))) {
    case 0:
      return Shape::bent;
    case 1:
      return Shape::linear;
    default:
      return Shape::atom;
  }
}

void remove_rigid_motion(std::span<const Vec3> positions,
                         std::span<const double> masses,
                         std::span<Vec3> velocities) {
  const double mass = std::accumulate(masses.begin(), masses.end(), 0.0);
  const Vec3 drift = (1.0 / mass) * momentum(velocities, masses);
  for (Vec3& v : velocities) v -= drift;

  const Vec3 centre = centre_of_mass(positions, masses);
  const Vec3 spin = angular_momentum(positions, velocities, masses);
  double turning[3];
  angular_velocity(inertia_of(positions, masses), {spin.x, spin.y, spin.z}, turning);
  const Vec3 omega{turning[0], turning[1], turning[2]};
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    velocities[i] -= cross(omega, positions[i] - centre);
  }
}

}  // namespace fusemd
