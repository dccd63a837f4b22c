// SPDX-License-Identifier: MIT
#include "host/md/dynamics.hpp"

#include <algorithm>
#include <cmath>

#include "host/md/csvr.hpp"
#include "host/md/degrees_of_freedom.hpp"
#include "host/md/langevin.hpp"
#include "host/md/velocities.hpp"
#include "host/md/velocity_verlet.hpp"
#include "host/units.hpp"

namespace fusemd {
namespace {

/// What is wrong with a state that a step refused. Forces first: a bad force also spoils the rest.
StepFailure diagnose(const ReplicaState& state, const Dynamics& dynamics) {
  using Quantity = StepFailure::Quantity;
  for (std::size_t i = 0; i < state.forces.size(); ++i) {
    for (const double component : {state.forces[i].x, state.forces[i].y, state.forces[i].z}) {
      if (!std::isfinite(component)) {
        return {Quantity::force, state.step, static_cast<int>(i), component};
      }
    }
  }
  if (!std::isfinite(state.potential_energy)) {
    return {Quantity::energy, state.step, -1, state.potential_energy};
  }
  int fastest = -1;
  double most = -1.0;
  for (std::size_t i = 0; i < state.velocities.size(); ++i) {
    const double energy = dynamics.masses()[i] * dot(state.velocities[i], state.velocities[i]);
    if (energy > most || std::isnan(energy)) {
      most = energy;
      fastest = static_cast<int>(i);
      if (std::isnan(energy)) break;
    }
  }
  return {Quantity::temperature, state.step, fastest, dynamics.temperature(state)};
}

}  // namespace

Dynamics::Dynamics(const DynamicsParameters& parameters, std::span<const double> masses)
    : parameters_(parameters), masses_(masses.begin(), masses.end()) {
  for (const double mass : masses_) {
    half_kicks_.push_back(0.5 * parameters_.timestep * units::kAccelerationPerForce / mass);
    inverse_sqrt_masses_.push_back(1.0 / std::sqrt(mass));
  }
  // An atom alone has no degree of freedom under NVE, but its kinetic energy needs a limit too.
  const auto n_f = static_cast<double>(std::max<std::int64_t>(parameters_.degrees_of_freedom, 1));
  kinetic_limit_ = 0.5 * n_f * units::kBoltzmann * parameters_.temperature_limit;
}

double Dynamics::temperature(const ReplicaState& state) const {
  return temperature_of(state.kinetic_energy, parameters_.degrees_of_freedom);
}

std::optional<StepFailure> compute_forces(ReplicaState& state,
                                          const Dynamics& dynamics,
                                          Evaluator& evaluator) {
  state.forces.resize(state.positions.size());
  state.potential_energy = evaluator.compute(state.positions, state.forces);
  state.kinetic_energy = kinetic_energy(state.velocities, dynamics.masses());
  state.has_forces = true;
  const bool forces_finite = std::ranges::all_of(state.forces, is_finite);
  if (forces_finite && step_is_good(state, dynamics)) return {};
  return diagnose(state, dynamics);
}

std::optional<StepFailure> advance(ReplicaState& state,
                                   const Dynamics& dynamics,
                                   Evaluator& evaluator,
                                   std::int64_t n_steps) {
  bool good = true;
  switch (dynamics.parameters().ensemble) {
    case Ensemble::nve:
      good = advance_velocity_verlet(state, dynamics, evaluator, n_steps);
      break;
    case Ensemble::langevin:
      good = advance_langevin(state, dynamics, evaluator, n_steps);
      break;
    case Ensemble::csvr:
      good = advance_csvr(state, dynamics, evaluator, n_steps);
      break;
  }
  if (good) return {};
  return diagnose(state, dynamics);
}

}  // namespace fusemd
