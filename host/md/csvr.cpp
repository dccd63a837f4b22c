// SPDX-License-Identifier: MIT
#include "host/md/csvr.hpp"

#include <cmath>

#include "host/md/rigid_motion.hpp"
#include "host/md/velocities.hpp"
#include "host/md/velocity_verlet.hpp"
#include "host/units.hpp"

namespace fusemd {
namespace {

void rescale(ReplicaState& state, const CsvrConstants& thermostat) {
  const RandomStream stream{.seed = state.seed,
                            .replica = static_cast<std::uint32_t>(state.replica),
                            .step = state.step,
                            .purpose = RandomPurpose::csvr_kinetic};
  const double before = state.kinetic_energy;
  const CsvrScale scale = csvr_scale(stream, thermostat, before);
  for (Vec3& v : state.velocities) v *= scale.alpha;
  state.kinetic_energy = scale.alpha_square * before;
  state.heat += state.kinetic_energy - before;
}

void take_out_rigid_motion(ReplicaState& state, const Dynamics& dynamics) {
  remove_rigid_motion(state.positions, dynamics.masses(), state.velocities);
  const double before = state.kinetic_energy;
  state.kinetic_energy = kinetic_energy(state.velocities, dynamics.masses());
  state.heat += state.kinetic_energy - before;
}

}  // namespace

CsvrConstants csvr_constants(const DynamicsParameters& p, double temperature) {
  const double keep = std::exp(-p.timestep / p.csvr_time);
  return {.sqrt_keep = std::sqrt(keep),
          .refresh = -std::expm1(-p.timestep / p.csvr_time) * 0.5 * units::kBoltzmann * temperature,
          .degrees_of_freedom = p.degrees_of_freedom};
}

bool advance_csvr(ReplicaState& state,
                  const Dynamics& dynamics,
                  Evaluator& evaluator,
                  std::int64_t n_steps) {
  const DynamicsParameters& p = dynamics.parameters();
  const CsvrConstants thermostat = csvr_constants(p, state.temperature);
  for (std::int64_t n = 0; n < n_steps; ++n) {
    if (p.rigid_motion_every > 0 && state.step % p.rigid_motion_every == 0) {
      take_out_rigid_motion(state, dynamics);
    }
    kick_and_drift(state, dynamics, p.timestep);
    if (!compute_and_kick(state, dynamics, evaluator)) return false;
    rescale(state, thermostat);
  }
  return true;
}

}  // namespace fusemd
