// SPDX-License-Identifier: MIT
// What the energy must not depend on: place, orientation, mirror image, the order of the atoms.
#include <algorithm>
#include <numeric>

#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"
#include "test/support/worst.hpp"

namespace fusemd::test {
namespace {

/// Requires the energy of `moved` to be that of `original`, and its forces `expected`.
void require_same(const Engine& engine,
                  const Evaluation& original,
                  const Evaluation& moved,
                  const std::vector<Vec3>& expected_forces) {
  const double off = max_difference(moved.forces, expected_forces);
  WorstSeen::note("energy under motions, eV: " + engine.name, moved.energy - original.energy);
  WorstSeen::note("forces under motions, eV/A: " + engine.name, off);
  require_close(moved.energy, original.energy, {engine.energy_noise, 0.0, engine.why});
  require_close(off, 0.0, {engine.force_noise, 0.0, engine.why});
}

System with_positions(System system, std::vector<Vec3> positions) {
  system.positions = std::move(positions);
  return system;
}

/// M = (trace M / 3) 1 in every layer: all that is left of the mixing commutes with rotations.
Model with_isotropic_mixing(Model model) {
  for (int layer = 0; layer < model.config.num_interactions; ++layer) {
    std::vector<float>& m =
        model.tensors.at("interactions." + std::to_string(layer) + ".update.mixing_matrix").values;
    const float mean = (m[0] + m[4] + m[8]) / 3.0f;
    m = {mean, 0, 0, 0, mean, 0, 0, 0, mean};
  }
  return model;
}

/// Largest change of the energy over some rotations, eV.
double rotation_error(const Potential& potential, const System& system) {
  const double energy = evaluate(potential, system).energy;
  Random random(23);
  double worst = 0.0;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const Rotation rotation = Rotation::random(random);
    const System turned = with_positions(system, rotation(system.positions));
    const double change = std::abs(evaluate(potential, turned).energy - energy);
    REQUIRE(std::isfinite(change));
    worst = std::max(worst, change);
  }
  return worst;
}

double norm_of_torque(const System& system, const std::vector<Vec3>& forces) {
  Vec3 torque;
  for (std::size_t i = 0; i < system.size(); ++i) torque += cross(system.positions[i], forces[i]);
  return norm(torque);
}

}  // namespace

TEST_CASE("translation changes nothing, with any switches") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(make_model(config, 1));
      Random random(2);
      for (const System& system : asymmetric_systems()) {
        INFO("engine " << engine.name << ", " << system.name);
        System moved = system;
        const Vec3 shift = random_in_cube(random, 20.0);
        for (Vec3& x : moved.positions) x += shift;
        const Evaluation original = evaluate(*potential, system);
        require_same(engine, original, evaluate(*potential, moved), original.forces);
      }
    }
  }
}

TEST_CASE("the order of the atoms changes nothing, with any switches") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(make_model(config, 1));
      Random random(3);
      for (const System& system : asymmetric_systems()) {
        INFO("engine " << engine.name << ", " << system.name);
        std::vector<std::size_t> order(system.size());
        std::iota(order.begin(), order.end(), 0);
        for (std::size_t i = order.size(); i > 1; --i)
          std::swap(order[i - 1], order[random.below(i)]);
        const Evaluation original = evaluate(*potential, system);
        System shuffled = system;
        std::vector<Vec3> expected = original.forces;
        for (std::size_t i = 0; i < order.size(); ++i) {
          shuffled.atomic_numbers[i] = system.atomic_numbers[order[i]];
          shuffled.positions[i] = system.positions[order[i]];
          expected[i] = original.forces[order[i]];
        }
        require_same(engine, original, evaluate(*potential, shuffled), expected);
      }
    }
  }
}

TEST_CASE("rotation and inversion turn the forces and leave the energy, without mixing") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    if (config.vector_mixing == VectorMixing::matrix) continue;
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(make_model(config, 1));
      Random random(4);
      for (const System& system : asymmetric_systems()) {
        INFO("engine " << engine.name << ", " << system.name);
        const Evaluation original = evaluate(*potential, system);
        for (const bool with_inversion : {false, true}) {
          const Rotation rotation = Rotation::random(random, with_inversion);
          const System turned = with_positions(system, rotation(system.positions));
          require_same(engine, original, evaluate(*potential, turned), rotation(original.forces));
        }
        WorstSeen::note("torque, eV: " + engine.name, norm_of_torque(system, original.forces));
        // Forces act at up to 5 Angstrom from the origin.
        require_close(norm_of_torque(system, original.forces), 0.0,
                      {10.0 * engine.force_noise, 0.0, engine.why});
        const Virial& w = original.virial;
        for (const double difference : {w[1] - w[3], w[2] - w[6], w[5] - w[7]}) {
          require_close(difference, 0.0, {10.0 * engine.force_noise, 0.0, engine.why});
        }
      }
    }
  }
}

// Defect D1 of docs/model.md: a fact about the seed variant that every engine must reproduce.
TEST_CASE(
    "with mixing the energy depends on orientation, and the mixing matrix alone is the cause") {
  const Model model = make_model(seed_switches(16, 2, 8), 1);
  const Model control = with_isotropic_mixing(model);
  const System system = rattled_off_cutoff(ethanol(), 0.05);
  for (const Engine& engine : engines()) {
    INFO("engine " << engine.name);
    const auto potential = engine.make(model);
    REQUIRE(rotation_error(*potential, system) > 1e-3);
    REQUIRE(norm_of_torque(system, evaluate(*potential, system).forces) > 1e-3);
    require_close(rotation_error(*engine.make(control), system), 0.0,
                  {engine.energy_noise, 0.0, engine.why});
  }
}

}  // namespace fusemd::test
