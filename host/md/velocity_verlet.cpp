// SPDX-License-Identifier: MIT
#include "host/md/velocity_verlet.hpp"

namespace fusemd {

bool advance_velocity_verlet(ReplicaState& state,
                             const Dynamics& dynamics,
                             Evaluator& evaluator,
                             std::int64_t n_steps) {
  const double dt = dynamics.parameters().timestep;
  for (std::int64_t n = 0; n < n_steps; ++n) {
    kick_and_drift(state, dynamics, dt);
    if (!compute_and_kick(state, dynamics, evaluator)) return false;
  }
  return true;
}

}  // namespace fusemd
