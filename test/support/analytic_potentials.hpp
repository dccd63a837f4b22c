// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "host/potential.hpp"

namespace fusemd::test {

/// Returns  the energy (eV) and overwrites the forces (eV/Angstrom).
using EnergyFunction = std::function<double(std::span<const Vec3>, std::span<Vec3>)>;

/// A potential of closed form for any elements. It gives no virial and counts its evaluators.
class AnalyticPotential : public Potential {
 public:
  explicit AnalyticPotential(EnergyFunction function) : function_(std::move(function)) {}

  std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                            const std::optional<Cell>& cell = {}) const override;
  std::string description() const override { return "analytic"; }

  int evaluators_made() const { return evaluators_made_; }

 private:
  EnergyFunction function_;
  mutable std::atomic<int> evaluators_made_ = 0;
};

/// No force at all.
EnergyFunction free_particles();

/// sum of (kx x^2 + ky y^2 + kz z^2) / 2 about the origin, plus `coupling` x^2 y^2 + y^2 z^2 +
/// z^2 x^2.
EnergyFunction wells(const Vec3& stiffness, double coupling = 0.0);

/// sum over pairs of depth (1 - exp(-a (r - r0)))^2.
EnergyFunction morse(double depth, double a, double r0);

/// sum over pairs of 4 epsilon ((sigma/r)^12 - (sigma/r)^6).
EnergyFunction lennard_jones(double epsilon, double sigma);

/// sum over atoms of barrier (x^2/a^2 - 1)^2 + stiffness (y^2 + z^2) / 2.
EnergyFunction double_well(double barrier, double a, double stiffness);

/// `inner`, but everything is NaN (or only one force, where `only_force`) while an atom is
/// farther than `radius` from the origin.
EnergyFunction broken_outside(double radius, EnergyFunction inner, bool only_force = false);

}  // namespace fusemd::test
