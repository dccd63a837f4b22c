// SPDX-License-Identifier: MIT
#include "host/md/rigid_motion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fusemd {
namespace {

constexpr double kLinearRatio = 1e-5;

using Matrix = std::array<std::array<double, 3>, 3>;

Matrix inertia_tensor(std::span<const Vec3> positions, std::span<const double> masses) {
  const Vec3 centre = centre_of_mass(positions, masses);
  Matrix inertia{};
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Vec3 r = positions[i] - centre;
    const std::array<double, 3> d{r.x, r.y, r.z};
    const double square = dot(r, r);
    for (std::size_t a = 0; a < 3; ++a) {
      inertia[a][a] += masses[i] * square;
      for (std::size_t b = 0; b < 3; ++b) inertia[a][b] -= masses[i] * d[a] * d[b];
    }
  }
  return inertia;
}

Shape shape_of(const PrincipalAxes& inertia) {
  if (!(inertia.moments[2] > 0.0)) return Shape::atom;
  return inertia.moments[0] <= kLinearRatio * inertia.moments[2] ? Shape::linear : Shape::bent;
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
  Matrix a = inertia_tensor(positions, masses);
  Matrix v{{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}};
  // A sweep squares the relative size of what is off the diagonal: 16 are more than ever needed.
  for (int sweep = 0; sweep < 16; ++sweep) {
    const double off = std::abs(a[0][1]) + std::abs(a[0][2]) + std::abs(a[1][2]);
    if (off <= 1e-18 * (a[0][0] + a[1][1] + a[2][2])) break;
    for (std::size_t p = 0; p < 2; ++p) {
      for (std::size_t q = p + 1; q < 3; ++q) {
        if (a[p][q] == 0.0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1.0 / std::hypot(t, 1.0), s = t * c;
        for (auto& row : a) {
          const double x = row[p], y = row[q];
          row[p] = c * x - s * y;
          row[q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < 3; ++k) {
          const double x = a[p][k], y = a[q][k];
          a[p][k] = c * x - s * y;
          a[q][k] = s * x + c * y;
        }
        for (auto& row : v) {
          const double x = row[p], y = row[q];
          row[p] = c * x - s * y;
          row[q] = s * x + c * y;
        }
      }
    }
  }
  std::array<std::size_t, 3> order{0, 1, 2};
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return a[i][i] < a[j][j]; });
  PrincipalAxes result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.moments[k] = a[order[k]][order[k]];
    result.axes[k] = {v[0][order[k]], v[1][order[k]], v[2][order[k]]};
  }
  return result;
}

Shape shape_of(std::span<const Vec3> positions, std::span<const double> masses) {
  if (positions.size() < 2) return Shape::atom;
  return shape_of(principal_axes(positions, masses));
}

void remove_rigid_motion(std::span<const Vec3> positions,
                         std::span<const double> masses,
                         std::span<Vec3> velocities) {
  const double mass = std::accumulate(masses.begin(), masses.end(), 0.0);
  const Vec3 drift = (1.0 / mass) * momentum(velocities, masses);
  for (Vec3& v : velocities) v -= drift;

  const PrincipalAxes inertia = principal_axes(positions, masses);
  const Shape shape = shape_of(inertia);
  if (shape == Shape::atom) return;
  const Vec3 centre = centre_of_mass(positions, masses);
  const Vec3 spin = angular_momentum(positions, velocities, masses);
  Vec3 omega;
  for (std::size_t k = shape == Shape::linear ? 1 : 0; k < 3; ++k) {
    omega += (dot(spin, inertia.axes[k]) / inertia.moments[k]) * inertia.axes[k];
  }
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    velocities[i] -= cross(omega, positions[i] - centre);
  }
}

}  // namespace fusemd
