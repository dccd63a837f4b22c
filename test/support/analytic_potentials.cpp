// SPDX-License-Identifier: MIT
#include "test/support/analytic_potentials.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fusemd::test {
namespace {

class AnalyticEvaluator : public Evaluator {
 public:
  explicit AnalyticEvaluator(EnergyFunction function) : function_(std::move(function)) {}

  double compute(std::span<const Vec3> positions, std::span<Vec3> forces, Virial* virial) override {
    if (virial != nullptr) virial->fill(std::numeric_limits<double>::quiet_NaN());
    return function_(positions, forces);
  }

 private:
  EnergyFunction function_;
};

/// Sums a pair energy; `pair(r)` returns the energy and dE/dr.
template <class Pair>
double sum_pairs(std::span<const Vec3> positions, std::span<Vec3> forces, const Pair& pair) {
  std::fill(forces.begin(), forces.end(), Vec3{});
  double energy = 0.0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (std::size_t j = i + 1; j < positions.size(); ++j) {
      const Vec3 d = positions[j] - positions[i];
      const double r = norm(d);
      const auto [e, slope] = pair(r);
      energy += e;
      const Vec3 f = (slope / r) * d;
      forces[i] += f;
      forces[j] -= f;
    }
  }
  return energy;
}

}  // namespace

std::unique_ptr<Evaluator> AnalyticPotential::make_evaluator(std::span<const int>,
                                                             const std::optional<Cell>&) const {
  ++evaluators_made_;
  return std::make_unique<AnalyticEvaluator>(function_);
}

EnergyFunction free_particles() {
  return [](std::span<const Vec3>, std::span<Vec3> forces) {
    std::fill(forces.begin(), forces.end(), Vec3{});
    return 0.0;
  };
}

EnergyFunction wells(const Vec3& k, double coupling) {
  return [k, coupling](std::span<const Vec3> positions, std::span<Vec3> forces) {
    double energy = 0.0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const Vec3& r = positions[i];
      const double x2 = r.x * r.x, y2 = r.y * r.y, z2 = r.z * r.z;
      energy += 0.5 * (k.x * x2 + k.y * y2 + k.z * z2) + coupling * (x2 * y2 + y2 * z2 + z2 * x2);
      forces[i] = {-r.x * (k.x + 2.0 * coupling * (y2 + z2)),
                   -r.y * (k.y + 2.0 * coupling * (x2 + z2)),
                   -r.z * (k.z + 2.0 * coupling * (x2 + y2))};
    }
    return energy;
  };
}

EnergyFunction morse(double depth, double a, double r0) {
  return [=](std::span<const Vec3> positions, std::span<Vec3> forces) {
    return sum_pairs(positions, forces, [=](double r) {
      const double e = std::exp(-a * (r - r0));
      return std::pair{depth * (1.0 - e) * (1.0 - e), 2.0 * depth * a * (1.0 - e) * e};
    });
  };
}

EnergyFunction lennard_jones(double epsilon, double sigma) {
  return [=](std::span<const Vec3> positions, std::span<Vec3> forces) {
    return sum_pairs(positions, forces, [=](double r) {
      const double s6 = std::pow(sigma / r, 6.0);
      return std::pair{4.0 * epsilon * (s6 * s6 - s6), 24.0 * epsilon * (s6 - 2.0 * s6 * s6) / r};
    });
  };
}

EnergyFunction double_well(double barrier, double a, double stiffness) {
  return [=](std::span<const Vec3> positions, std::span<Vec3> forces) {
    double energy = 0.0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const Vec3& r = positions[i];
      const double u = r.x * r.x / (a * a) - 1.0;
      energy += barrier * u * u + 0.5 * stiffness * (r.y * r.y + r.z * r.z);
      forces[i] = {-4.0 * barrier * u * r.x / (a * a), -stiffness * r.y, -stiffness * r.z};
    }
    return energy;
  };
}

EnergyFunction broken_outside(double radius, EnergyFunction inner, bool only_force) {
  return [radius, inner = std::move(inner), only_force](std::span<const Vec3> positions,
                                                        std::span<Vec3> forces) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    double energy = inner(positions, forces);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (norm(positions[i]) <= radius) continue;
      if (only_force) {
        forces[i].y = nan;
      } else {
        energy = nan;
      }
    }
    return energy;
  };
}

}  // namespace fusemd::test
