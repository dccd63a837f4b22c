// SPDX-License-Identifier: MIT
#include "host/md/langevin.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/md/noise.hpp"
#include "host/md/velocity_verlet.hpp"
#include "kernels/random.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kNoiseBlock = 16;  // atoms whose noise waits on the stack

/// The steps O and A. Returns twice the kinetic energy that O added, in amu (Angstrom/fs)^2.
double thermalise_and_drift(ReplicaState& state,
                            const Dynamics& dynamics,
                            const OrnsteinUhlenbeck& o,
                            double drift_time) {
  const RandomStream stream{.seed = state.seed,
                            .replica = static_cast<std::uint32_t>(state.replica),
                            .step = state.step,
                            .purpose = RandomPurpose::langevin_noise};
  const std::size_t n = state.positions.size();
  const double* __restrict inverse_sqrt_mass = dynamics.inverse_sqrt_masses().data();
  const double* __restrict mass = dynamics.masses().data();
  Vec3* __restrict velocity = state.velocities.data();
  Vec3* __restrict position = state.positions.data();
  std::array<Vec3, kNoiseBlock> noise;
  double added = 0.0;
  for (std::size_t begin = 0; begin < n; begin += kNoiseBlock) {
    const std::size_t end = std::min(begin + kNoiseBlock, n);
    fill_noise(stream, static_cast<std::uint32_t>(begin), std::span(noise.data(), end - begin));
    for (std::size_t i = begin; i < end; ++i) {
      const Vec3& xi = noise[i - begin];
      const double sigma = o.noise * inverse_sqrt_mass[i];
      const Vec3 before = velocity[i];
      const Vec3 v{o.keep * before.x + sigma * xi.x, o.keep * before.y + sigma * xi.y,
                   o.keep * before.z + sigma * xi.z};
      velocity[i] = v;
      added += mass[i] * (dot(v, v) - dot(before, before));
      position[i].x += drift_time * v.x;
      position[i].y += drift_time * v.y;
      position[i].z += drift_time * v.z;
    }
  }
  return added;
}

}  // namespace

OrnsteinUhlenbeck ornstein_uhlenbeck(const DynamicsParameters& p, double temperature) {
  const double kT = units::kBoltzmann * temperature * units::kAccelerationPerForce;
  // 1 - c^2 by expm1: a weak friction loses no digits.
  return {.keep = std::exp(-p.friction * p.timestep),
          .noise = std::sqrt(-std::expm1(-2.0 * p.friction * p.timestep) * kT)};
}

bool advance_langevin(ReplicaState& state,
                      const Dynamics& dynamics,
                      Evaluator& evaluator,
                      std::int64_t n_steps) {
  const DynamicsParameters& p = dynamics.parameters();
  const OrnsteinUhlenbeck o = ornstein_uhlenbeck(p, state.temperature);
  const double half_step = 0.5 * p.timestep;
  for (std::int64_t n = 0; n < n_steps; ++n) {
    kick_and_drift(state, dynamics, half_step);
    const double added = thermalise_and_drift(state, dynamics, o, half_step);
    state.heat += 0.5 * units::kEnergyPerMassVelocity2 * added;
    if (!compute_and_kick(state, dynamics, evaluator)) return false;
  }
  return true;
}

}  // namespace fusemd
