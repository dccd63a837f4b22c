// SPDX-License-Identifier: MIT
#include "host/cuda/device_dynamics.hpp"

#include <limits>

#include "host/md/csvr.hpp"
#include "host/md/langevin.hpp"
#include "host/units.hpp"

namespace fusemd::cuda {

DynamicsKind dynamics_kind(Ensemble ensemble) {
  switch (ensemble) {
    case Ensemble::nve:
      return DynamicsKind::velocity_verlet;
    case Ensemble::langevin:
      return DynamicsKind::langevin;
    case Ensemble::csvr:
      return DynamicsKind::csvr;
  }
  return DynamicsKind::velocity_verlet;
}

DynamicsConstants dynamics_constants(const DynamicsParameters& parameters) {
  return {.timestep = parameters.timestep,
          .kinetic_factor = 0.5 * units::kEnergyPerMassVelocity2,
          .boltzmann = units::kBoltzmann,
          .rigid_motion_every = parameters.rigid_motion_every};
}

ReplicaConstants replica_constants(const ReplicaState& state, const Dynamics& dynamics) {
  const DynamicsParameters& parameters = dynamics.parameters();
  const OrnsteinUhlenbeck o = ornstein_uhlenbeck(parameters, state.temperature);
  return {.seed = state.seed,
          .replica = static_cast<std::uint32_t>(state.replica),
          .langevin_keep = o.keep,
          .langevin_noise = o.noise,
          .csvr = csvr_constants(parameters, state.temperature),
          .degrees_of_freedom = parameters.degrees_of_freedom,
          .kinetic_limit = dynamics.kinetic_limit(),
          .force_limit = std::numeric_limits<double>::max()};
}

ReplicaProgress replica_progress(const ReplicaState& state) {
  return {.step = state.step,
          .potential_energy = state.potential_energy,
          .kinetic_energy = state.kinetic_energy,
          .heat = state.heat};
}

StepFailure step_failure(const ReplicaProgress& progress) {
  using Quantity = StepFailure::Quantity;
  Quantity quantity = Quantity::temperature;
  if (progress.stopped == StopReason::force) quantity = Quantity::force;
  if (progress.stopped == StopReason::energy) quantity = Quantity::energy;
  return {quantity, progress.stop_step, progress.stop_atom, progress.stop_value};
}

}  // namespace fusemd::cuda
