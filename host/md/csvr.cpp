// SPDX-License-Identifier: MIT
#include "host/md/csvr.hpp"

#include <cmath>

#include "host/md/rigid_motion.hpp"
#include "host/md/velocities.hpp"
#include "host/md/velocity_verlet.hpp"
#include "kernels/random.hpp"

namespace fusemd {
namespace {

struct Thermostat {
  double sqrt_keep = 0.0;  // sqrt(c)
  double refresh = 0.0;    // (1 - c) k_B T / 2, eV
  std::int64_t degrees_of_freedom = 0;
};

void rescale(ReplicaState& state, const Thermostat& thermostat) {
  const double before = state.kinetic_energy;
  if (thermostat.degrees_of_freedom == 0 || !(before > 0.0)) return;
  const RandomStream stream{.seed = state.seed,
                            .replica = static_cast<std::uint32_t>(state.replica),
                            .step = state.step,
                            .purpose = RandomPurpose::csvr_kinetic};
  const PhiloxBlock block = stream.block(0);
  const double r1 = normal_pair(block.word[0], block.word[1]).first;
  const double others = chi_square(stream, 1, thermostat.degrees_of_freedom - 1);
  const double a = thermostat.refresh / before;
  // A7 as a sum of squares: rounding cannot make it negative, and the root's sign is that of A8.
  const double root = thermostat.sqrt_keep + r1 * std::sqrt(a);
  const double alpha2 = root * root + a * others;
  const double alpha = std::copysign(std::sqrt(alpha2), root);
  for (Vec3& v : state.velocities) v *= alpha;
  state.kinetic_energy = alpha2 * before;
  state.heat += state.kinetic_energy - before;
}

void take_out_rigid_motion(ReplicaState& state, const Dynamics& dynamics) {
  remove_rigid_motion(state.positions, dynamics.masses(), state.velocities);
  const double before = state.kinetic_energy;
  state.kinetic_energy = kinetic_energy(state.velocities, dynamics.masses());
  state.heat += state.kinetic_energy - before;
}

}  // namespace

bool advance_csvr(ReplicaState& state,
                  const Dynamics& dynamics,
                  Evaluator& evaluator,
                  std::int64_t n_steps) {
  const DynamicsParameters& p = dynamics.parameters();
  const double keep = std::exp(-p.timestep / p.csvr_time);
  const Thermostat thermostat{.sqrt_keep = std::sqrt(keep),
                              .refresh = -std::expm1(-p.timestep / p.csvr_time) * 0.5 *
                                         units::kBoltzmann * state.temperature,
                              .degrees_of_freedom = p.degrees_of_freedom};
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
