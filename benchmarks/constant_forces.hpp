// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "host/potential.hpp"
#include "host/vec3.hpp"

namespace fusemd::benchmarks {

/// A uniform field: forces never change, so an integrator's time is all that is left.
class ConstantForces final : public Evaluator {
 public:
  double compute(std::span<const Vec3>, std::span<Vec3>, Virial*) override { return 0.0; }
};

/// The field that states are given, eV/Angstrom.
inline constexpr Vec3 kConstantForce{0.25, -0.5, 1.0};

}  // namespace fusemd::benchmarks
