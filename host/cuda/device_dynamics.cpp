// SPDX-License-Identifier: MIT
#include "host/cuda/device_dynamics.hpp"

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
  const StepLimits& limits = dynamics.watch().limits();
  const OrnsteinUhlenbeck o = ornstein_uhlenbeck(parameters, state.temperature);
  return {.seed = state.seed,
          .replica = static_cast<std::uint32_t>(state.replica),
          .langevin_keep = o.keep,
          .langevin_noise = o.noise,
          .csvr = csvr_constants(parameters, state.temperature),
          .degrees_of_freedom = parameters.degrees_of_freedom,
          .kinetic_limit = dynamics.kinetic_limit(),
          .force_limit = limits.force,
          .jump_limit = limits.energy_jump * static_cast<double>(dynamics.masses().size()),
          .position_limit = kLostBeyond};
}

ReplicaProgress replica_progress(const ReplicaState& state) {
  return {.step = state.step,
          .potential_energy = state.potential_energy,
          .kinetic_energy = state.kinetic_energy,
          .heat = state.heat};
}

StepFailure step_failure(const ReplicaProgress& progress, std::size_t n_atoms) {
  using Quantity = StepFailure::Quantity;
  StepFailure failure{.quantity = Quantity::temperature,
                      .step = progress.stop_step,
                      .atom = progress.stop_atom,
                      .value = progress.stop_value};
  switch (progress.stopped) {
    case StopReason::none:
    case StopReason::earlier:
    case StopReason::temperature:
      break;
    case StopReason::force:
      failure.quantity = Quantity::force;
      break;
    case StopReason::energy:
      failure.quantity = Quantity::energy;
      break;
    case StopReason::large_force:
      failure.quantity = Quantity::large_force;
      break;
    case StopReason::energy_jump:
      failure.quantity = Quantity::energy_jump;
      failure.value /= static_cast<double>(n_atoms);
      break;
    case StopReason::position:
      failure.quantity = Quantity::position;
      break;
  }
  return failure;
}

}  // namespace fusemd::cuda
