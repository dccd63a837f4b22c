// SPDX-License-Identifier: MIT
// Sites where symmetry makes a vector feature vanish: the norm of (9) has a cusp there unless
// norm_epsilon rounds it off.
#include <cmath>

#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

/// Force along x on the carbon of ideal methane that was moved along x, eV/Angstrom.
double force_on_moved_carbon(const Potential& potential, double displacement) {
  System system = methane();
  system.positions[0].x += displacement;
  return evaluate(potential, system).forces[0].x;
}

}  // namespace

TEST_CASE("the force on the carbon of ideal methane is smooth with norm_epsilon") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    if (config.norm_epsilon == 0.0) continue;
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      INFO("engine " << engine.name);
      const auto potential = engine.make(make_model(config, 1));
      const double left = force_on_moved_carbon(*potential, -1e-9);
      const double middle = force_on_moved_carbon(*potential, 0.0);
      const double right = force_on_moved_carbon(*potential, 1e-9);
      const Tolerance tolerance{engine.force_noise + 1e-5, 0.0,
                                "curvatures up to 1e4 eV/A^2 over 1e-9 Angstrom"};
      require_close(left, middle, tolerance);
      require_close(right, middle, tolerance);
      if (config.vector_mixing == VectorMixing::none) {
        require_close(middle, 0.0, {engine.force_noise, 0.0, "T_d forbids a force on the carbon"});
      }
    }
  }
}

// Defect D3 of docs/model.md.
TEST_CASE("the force on the carbon of ideal methane jumps without norm_epsilon") {
  StudentConfig config = shipped_switches(16, 2, 8);
  config.norm_epsilon = 0.0;
  for (const Engine& engine : engines()) {
    INFO("engine " << engine.name);
    const auto potential = engine.make(make_model(config, 1));
    const double left = force_on_moved_carbon(*potential, -1e-6);
    const double right = force_on_moved_carbon(*potential, 1e-6);
    REQUIRE(std::abs(left - right) > 1e-2);
  }
}

TEST_CASE("symmetric structures have symmetric forces with the shipped switches") {
  for (const Engine& engine : engines()) {
    INFO("engine " << engine.name);
    const auto potential = engine.make(make_model(shipped_switches(16, 2, 8), 1));
    const Tolerance tolerance{engine.force_noise, 0.0, engine.why};

    const Evaluation ring = evaluate(*potential, benzene());
    for (std::size_t k = 0; k < 12; ++k) {
      const Vec3 outward = (1.0 / norm(benzene().positions[k])) * benzene().positions[k];
      const double radial = dot(ring.forces[k], outward);
      require_close(
          radial,
          dot(ring.forces[k < 6 ? 0 : 6], benzene().positions[0]) / norm(benzene().positions[0]),
          tolerance);
      require_close(norm(ring.forces[k] - radial * outward), 0.0, tolerance);
    }

    const System linear = carbon_dioxide();
    const Evaluation line = evaluate(*potential, linear);
    const Vec3 axis = (1.0 / norm(linear.positions[1])) * linear.positions[1];
    require_close(norm(line.forces[0]), 0.0, tolerance);
    require_close(norm(line.forces[1] + line.forces[2]), 0.0, tolerance);
    require_close(norm(cross(line.forces[1], axis)), 0.0, tolerance);
    REQUIRE(norm(line.forces[1]) > 1e-3);
  }
}

}  // namespace fusemd::test
