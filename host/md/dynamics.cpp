// SPDX-License-Identifier: MIT
#include "host/md/dynamics.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

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
        return {.quantity = Quantity::force,
                .step = state.step,
                .atom = static_cast<int>(i),
                .value = component};
      }
    }
  }
  if (!std::isfinite(state.potential_energy)) {
    return {.quantity = Quantity::energy, .step = state.step, .value = state.potential_energy};
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
  return {.quantity = Quantity::temperature,
          .step = state.step,
          .atom = fastest,
          .value = dynamics.temperature(state)};
}

/// Returns whether every step was good.
bool integrate(ReplicaState& state,
               const Dynamics& dynamics,
               Evaluator& evaluator,
               std::int64_t n_steps) {
  switch (dynamics.parameters().ensemble) {
    case Ensemble::nve:
      return advance_velocity_verlet(state, dynamics, evaluator, n_steps);
    case Ensemble::langevin:
      return advance_langevin(state, dynamics, evaluator, n_steps);
    case Ensemble::csvr:
      return advance_csvr(state, dynamics, evaluator, n_steps);
  }
  return false;
}

}  // namespace

Dynamics::Dynamics(const DynamicsParameters& parameters,
                   std::span<const double> masses,
                   StepWatch watch)
    : parameters_(parameters), masses_(masses.begin(), masses.end()), watch_(std::move(watch)) {
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
  const StepWatch& watch = dynamics.watch();
  if (watch.idle()) {
    if (integrate(state, dynamics, evaluator, n_steps)) return {};
    return diagnose(state, dynamics);
  }
  for (std::int64_t n = 0; n < n_steps; ++n) {
    const double conserved_before = state.conserved_energy();
    if (!integrate(state, dynamics, evaluator, 1)) return diagnose(state, dynamics);
    if (const auto failure = watch.look(state, conserved_before)) return failure;
  }
  return {};
}

}  // namespace fusemd
