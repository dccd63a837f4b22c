// SPDX-License-Identifier: MIT
#include "host/relax/vibrations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "host/relax/symmetric_eigen.hpp"
#include "host/units.hpp"

namespace fusemd {
namespace {

double& component(Vec3& v, std::size_t axis) { return axis == 0 ? v.x : axis == 1 ? v.y : v.z; }

std::vector<double> flat(std::span<const Vec3> vectors) {
  std::vector<double> result;
  for (const Vec3& v : vectors) result.insert(result.end(), {v.x, v.y, v.z});
  return result;
}

/// [3n, 3n] second derivatives, symmetrised and mass-weighted, eV / (Angstrom^2 amu).
std::vector<double> hessian(Evaluator& evaluator,
                            std::span<const Vec3> positions,
                            std::span<const double> masses,
                            double displacement) {
  const std::size_t n = 3 * positions.size();
  std::vector<Vec3> moved(positions.begin(), positions.end()), forward(positions.size()),
      back(positions.size());
  std::vector<double> raw(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    double& x = component(moved[k / 3], k % 3);
    const double rest = x;
    x = rest + displacement;
    evaluator.compute(moved, forward);
    x = rest - displacement;
    evaluator.compute(moved, back);
    x = rest;
    const std::vector<double> plus = flat(forward), minus = flat(back);
    for (std::size_t i = 0; i < n; ++i) {
      raw[k * n + i] = (minus[i] - plus[i]) / (2.0 * displacement);
    }
  }
  std::vector<double> result(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      result[i * n + j] =
          0.5 * (raw[i * n + j] + raw[j * n + i]) / std::sqrt(masses[i / 3] * masses[j / 3]);
    }
  }
  return result;
}

/// Orthonormal mass-weighted translations and rotations, [3n] each. Modified Gram-Schmidt; what is
/// left of a vector that the others span already, as the rotation of a straight molecule about its
/// own axis, is dropped.
std::vector<std::vector<double>> rigid_motions(std::span<const Vec3> positions,
                                               std::span<const double> masses) {
  Vec3 centre;
  double total = 0.0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    centre += masses[i] * positions[i];
    total += masses[i];
  }
  centre *= 1.0 / total;
  // About the molecule's own axes of inertia: only then is one rotation of a straight one nothing.
  std::vector<double> inertia(9);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const Vec3 r = positions[i] - centre;
    const std::array<double, 3> x = {r.x, r.y, r.z};
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) {
        inertia[3 * a + b] += masses[i] * ((a == b ? dot(r, r) : 0.0) - x[a] * x[b]);
      }
    }
  }
  const SymmetricEigen axes = symmetric_eigen(inertia, 3);
  const double largest = axes.values.back();

  std::vector<std::vector<double>> motions;
  for (std::size_t kind = 0; kind < 6; ++kind) {
    const std::size_t k = kind % 3;
    const Vec3 axis{axes.vectors[3 * k], axes.vectors[3 * k + 1], axes.vectors[3 * k + 2]};
    if (kind >= 3 && !(axes.values[k] > 1e-5 * largest)) continue;
    std::vector<double> motion;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const Vec3 way = kind < 3 ? axis : cross(axis, positions[i] - centre);
      for (const double x : {way.x, way.y, way.z}) motion.push_back(std::sqrt(masses[i]) * x);
    }
    for (const std::vector<double>& other : motions) {
      double overlap = 0.0;
      for (std::size_t i = 0; i < motion.size(); ++i) overlap += motion[i] * other[i];
      for (std::size_t i = 0; i < motion.size(); ++i) motion[i] -= overlap * other[i];
    }
    double length = 0.0;
    for (const double x : motion) length += x * x;
    for (double& x : motion) x /= std::sqrt(length);
    motions.push_back(std::move(motion));
  }
  return motions;
}

/// Takes the space of `motions` out of the matrix and gives it the eigenvalue `value` instead.
void set_aside(std::vector<double>& matrix,
               const std::vector<std::vector<double>>& motions,
               double value) {
  for (const std::vector<double>& d : motions) {
    const std::size_t n = d.size();
    // (1 - d d^T) M (1 - d d^T) = M - d w^T - w d^T + (d w) d d^T with w = M d.
    std::vector<double> w(n, 0.0);
    double dw = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) w[i] += matrix[i * n + j] * d[j];
      dw += d[i] * w[i];
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        matrix[i * n + j] += (dw + value) * d[i] * d[j] - d[i] * w[j] - w[i] * d[j];
      }
    }
  }
}

/// cm-1 of an eigenvalue in eV / (Angstrom^2 amu).
double wavenumber(double value) {
  constexpr double kLightSpeed = 2.99792458e-5;                                        // cm/fs
  const double frequency = std::sqrt(std::abs(value) * units::kAccelerationPerForce);  // rad/fs
  return std::copysign(frequency / (2.0 * std::numbers::pi * kLightSpeed), value);
}

}  // namespace

std::vector<NormalMode> normal_modes(Evaluator& evaluator,
                                     std::span<const Vec3> positions,
                                     std::span<const double> masses,
                                     double displacement) {
  if (positions.size() < 2) return {};
  const std::size_t n = 3 * positions.size();
  std::vector<double> matrix = hessian(evaluator, positions, masses, displacement);
  const auto motions = rigid_motions(positions, masses);
  double size = 1.0;
  for (const double x : matrix) size = std::max(size, std::abs(x));
  // Far above every vibration, so that these come last.
  set_aside(matrix, motions, 10.0 * size * static_cast<double>(n));
  const SymmetricEigen eigen = symmetric_eigen(std::move(matrix), n);

  std::vector<NormalMode> modes;
  for (std::size_t k = 0; k + motions.size() < n; ++k) {
    NormalMode mode{.wavenumber = wavenumber(eigen.values[k]), .direction = {}};
    double longest = 0.0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const double* const q = eigen.vectors.data() + k * n + 3 * i;
      const Vec3 way = (1.0 / std::sqrt(masses[i])) * Vec3{q[0], q[1], q[2]};
      longest = std::max(longest, norm(way));
      mode.direction.push_back(way);
    }
    for (Vec3& way : mode.direction) way *= 1.0 / longest;
    modes.push_back(std::move(mode));
  }
  return modes;
}

std::vector<std::vector<Vec3>> animate(std::span<const Vec3> positions,
                                       const NormalMode& mode,
                                       double amplitude,
                                       int frames) {
  std::vector<std::vector<Vec3>> result;
  for (int k = 0; k < frames; ++k) {
    const double phase = amplitude * std::sin(2.0 * std::numbers::pi * k / frames);
    std::vector<Vec3> moved;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      moved.push_back(positions[i] + phase * mode.direction[i]);
    }
    result.push_back(std::move(moved));
  }
  return result;
}

}  // namespace fusemd
