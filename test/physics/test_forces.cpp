// SPDX-License-Identifier: MIT
// Forces are minus the gradient of the energy, and the virial is its derivative by strain: measured
// by finite differences of the energy alone.
#include "test/physics/gradient.hpp"
#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"
#include "test/support/worst.hpp"

namespace fusemd::test {
TEST_CASE("forces and virial are derivatives of the energy, for every combination of switches") {
  const std::vector<System> systems = {rattled_off_cutoff(ethanol(), 0.05),
                                       rattled_off_cutoff(random_box(14, 3), 0.05)};
  const std::uint64_t seed = GENERATE(1u, 2u);
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    INFO("switches " << switches_text(config) << ", seed " << seed);
    const Model model = make_model(config, seed);
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(model);
      Random random(seed);
      for (const System& system : systems) require_gradient(engine, *potential, system, random, 2);
    }
  }
}

TEST_CASE("forces and virial are derivatives of the energy, for every structure and depth") {
  for (const int layers : {1, 2, 3}) {
    for (const StudentConfig& config :
         {seed_switches(32, layers, 10), shipped_switches(32, layers, 10)}) {
      INFO("switches " << switches_text(config) << ", layers " << layers);
      const Model model = make_model(config, 4);
      for (const Engine& engine : engines()) {
        const auto potential = engine.make(model);
        Random random(7);
        for (const System& system : asymmetric_systems()) {
          require_gradient(engine, *potential, system, random, 2);
        }
      }
    }
  }
}

TEST_CASE("forces sum to zero, with any switches") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(make_model(config, 5));
      for (const System& system : asymmetric_systems()) {
        INFO("engine " << engine.name << ", " << system.name);
        Vec3 sum;
        for (const Vec3& f : evaluate(*potential, system).forces) sum += f;
        WorstSeen::note("sum of forces, eV/A: " + engine.name, norm(sum));
        require_close(norm(sum), 0.0, {engine.force_noise, 0.0, engine.why});
      }
    }
  }
}

}  // namespace fusemd::test
