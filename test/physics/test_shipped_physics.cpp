// SPDX-License-Identifier: MIT
// The properties that random models are tested on, with the trained weights that users run: steeper
// functions and totals of thousands of eV.
#include <cmath>

#include "test/physics/gradient.hpp"
#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"
#include "test/support/worst.hpp"

namespace fusemd::test {
namespace {

std::vector<Model> shipped_models() {
  std::vector<Model> models;
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    models.push_back(shipped_model(name));
  }
  return models;
}

}  // namespace

TEST_CASE("shipped models: forces and virial are derivatives of the energy") {
  for (const Model& model : shipped_models()) {
    for (const Engine& engine : engines()) {
      INFO("model " << model.name);
      const auto potential = engine.make(model);
      Random random(1);
      for (const System& system :
           {water(), carbon_dioxide(), ethanol(), benzene(), two_waters(4.0)}) {
        require_gradient(engine, *potential, rattled_off_cutoff(system, 0.05), random, 1);
      }
    }
  }
}

TEST_CASE("shipped models: rotation, inversion and translation leave energy and turn forces") {
  for (const Model& model : shipped_models()) {
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(model);
      Random random(2);
      for (const System& system : {methane(), benzene(), rattled(aspirin(), 0.05, 1)}) {
        INFO("model " << model.name << ", engine " << engine.name << ", " << system.name);
        const Evaluation original = evaluate(*potential, system);
        for (const bool with_inversion : {false, true}) {
          const Rotation rotation = Rotation::random(random, with_inversion);
          System moved = system;
          moved.positions = rotation(system.positions);
          const Vec3 shift = random_in_cube(random, 10.0);
          for (Vec3& x : moved.positions) x += shift;
          const Evaluation result = evaluate(*potential, moved);
          const double off = max_difference(result.forces, rotation(original.forces));
          WorstSeen::note("energy under motions, eV: " + engine.name,
                          result.energy - original.energy);
          WorstSeen::note("forces under motions, eV/A: " + engine.name, off);
          require_close(result.energy, original.energy, {engine.energy_noise, 0.0, engine.why});
          require_close(off, 0.0, {engine.force_noise, 0.0, engine.why});
        }
      }
    }
  }
}

TEST_CASE("shipped models: no force on the carbon of ideal methane") {
  for (const Model& model : shipped_models()) {
    for (const Engine& engine : engines()) {
      INFO("model " << model.name << ", engine " << engine.name);
      const auto potential = engine.make(model);
      for (const double displacement : {-1e-9, 0.0, 1e-9}) {
        System system = methane();
        system.positions[0].x += displacement;
        require_close(norm(evaluate(*potential, system).forces[0]), 0.0,
                      {engine.force_noise + 1e-6, 0.0, "1e-9 Angstrom at below 1,000 eV/A^2"});
      }
    }
  }
}

TEST_CASE("shipped models: energy and forces are continuous where a pair meets the cutoff") {
  for (const Model& model : shipped_models()) {
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(model);
      for (const auto& [a, b] : {std::pair{1, 1}, {6, 1}, {6, 6}, {6, 8}, {8, 8}, {7, 7}}) {
        INFO("model " << model.name << ", engine " << engine.name << ", " << a << "-" << b);
        const Evaluation inside = evaluate(*potential, pair(a, b, 5.0 - 1e-6));
        const Evaluation outside = evaluate(*potential, pair(a, b, 5.0 + 1e-6));
        require_close(inside.energy, outside.energy,
                      {engine.energy_noise, 0.0, "the cutoff function is 1e-13 there"});
        require_close(max_difference(inside.forces, outside.forces), 0.0,
                      {engine.force_noise + 1e-4, 0.0, "its slope is 2e-7 per Angstrom"});
      }
    }
  }
}

}  // namespace fusemd::test
