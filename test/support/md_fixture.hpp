// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "host/md/dynamics.hpp"
#include "test/support/analytic_potentials.hpp"

namespace fusemd::test {

/// One replica with its dynamics and evaluator, for tests of single integrators.
struct SingleReplica {
  SingleReplica(const EnergyFunction& energy,
                const DynamicsParameters& parameters,
                const std::vector<double>& masses,
                std::vector<Vec3> positions)
      : dynamics(parameters, masses),
        evaluator(AnalyticPotential(energy).make_evaluator(std::vector<int>(masses.size(), 1))) {
    state.positions = std::move(positions);
    state.velocities.resize(masses.size());
    state.forces.resize(masses.size());
  }

  /// Call after the state has been filled.
  bool start() { return !compute_forces(state, dynamics, *evaluator); }
  bool run(std::int64_t n_steps) { return !advance(state, dynamics, *evaluator, n_steps); }

  Dynamics dynamics;
  std::unique_ptr<Evaluator> evaluator;
  ReplicaState state;
};

/// A bent molecule at the minimum of morse(depth, a, 1.0): a triangle of sides 1 with water's
/// masses.
inline const std::vector<Vec3> kBent = {{0.0, 0.0, 0.0}, {1.0, 0.0, 0.0}, {0.5, 0.8660254, 0.0}};
inline const std::vector<double> kBentMasses = {15.999, 1.008, 1.008};

}  // namespace fusemd::test
