// SPDX-License-Identifier: MIT
#include "test/host/train/gradient_problem.hpp"

#include "test/support/systems.hpp"

namespace fusemd::test {
namespace {

Structure labelled(const System& system, Random& random) {
  Structure frame;
  frame.atomic_numbers = system.atomic_numbers;
  frame.positions = system.positions;
  frame.energy = random.uniform(-10.0, 10.0);
  frame.forces.emplace();
  for (std::size_t i = 0; i < system.size(); ++i) {
    frame.forces->push_back(random_in_cube(random, 3.0));
    // The trainer keeps labels in single precision.
    Vec3& f = frame.forces->back();
    for (double* x : {&f.x, &f.y, &f.z}) *x = static_cast<double>(static_cast<float>(*x));
  }
  return frame;
}

std::vector<Structure> labelled(const std::vector<System>& systems, std::uint64_t seed) {
  Random random(seed);
  std::vector<Structure> frames;
  for (const System& system : systems) frames.push_back(labelled(system, random));
  return frames;
}

}  // namespace

std::vector<Structure> hard_frames() {
  return labelled(
      {single_atom(6), pair(1, 8, 5.0), pair(6, 7, 4.9999), pair(1, 1, 5.0001),
       rattled(water(), 0.1, 1), rattled(two_waters(9.0), 0.1, 2), rattled(methane(), 0.1, 3)},
      17);
}

std::vector<Structure> many_frames() {
  std::vector<System> systems;
  for (std::uint64_t k = 0; k < 5; ++k) {
    for (const System& system : {ethanol(), benzene(), water(), aspirin()}) {
      systems.push_back(rattled(system, 0.1, 100 + k));
    }
  }
  return labelled(systems, 18);
}

}  // namespace fusemd::test
