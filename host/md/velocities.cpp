// SPDX-License-Identifier: MIT
#include "host/md/velocities.hpp"

#include <cmath>

#include "host/md/degrees_of_freedom.hpp"
#include "host/md/rigid_motion.hpp"
#include "host/units.hpp"
#include "kernels/random.hpp"

namespace fusemd {

void draw_velocities(const VelocityDraw& draw,
                     std::span<const Vec3> positions,
                     std::span<const double> masses,
                     std::span<Vec3> velocities) {
  const RandomStream stream{.seed = draw.seed,
                            .replica = static_cast<std::uint32_t>(draw.replica),
                            .step = 0,
                            .purpose = RandomPurpose::start_velocity};
  const double kT = units::kBoltzmann * draw.temperature * units::kAccelerationPerForce;
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    const NormalTriple noise = normal_triple(stream.block(static_cast<std::uint32_t>(i)));
    velocities[i] = std::sqrt(kT / masses[i]) * Vec3{noise.x, noise.y, noise.z};
  }

  const Shape shape = shape_of(positions, masses);
  const std::int64_t n_f =
      degrees_of_freedom(draw.ensemble, shape, static_cast<std::int64_t>(positions.size()));
  if (n_f == 0) {
    // Taking the momentum out leaves rounding residues of zero; a rescaling would blow them up.
    for (Vec3& v : velocities) v = {};
    return;
  }
  if (draw.ensemble != Ensemble::langevin) remove_rigid_motion(positions, masses, velocities);
  if (!draw.exact_temperature) return;
  const double drawn = temperature_of(kinetic_energy(velocities, masses), n_f);
  if (drawn > 0.0) {
    const double scale = std::sqrt(draw.temperature / drawn);
    for (Vec3& v : velocities) v *= scale;
  }
}

double kinetic_energy(std::span<const Vec3> velocities, std::span<const double> masses) {
  double sum = 0.0;
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    sum += masses[i] * dot(velocities[i], velocities[i]);
  }
  return 0.5 * units::kEnergyPerMassVelocity2 * sum;
}

}  // namespace fusemd
