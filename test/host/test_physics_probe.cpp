// SPDX-License-Identifier: MIT
#include <cmath>
#include <filesystem>

#include "host/physics_probe.hpp"
#include "host/reference/reference_potential.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/golden.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/skip.hpp"

namespace fusemd::test {
namespace {

Model model_of(std::vector<int> elements) {
  Model model;
  model.elements = std::move(elements);
  model.config.cutoff = 5.0;
  return model;
}

}  // namespace

TEST_CASE("closed forms: springs towards the origin and a step at the cutoff") {
  any_ran() = true;
  // E = z^2: over orientations of an H2 whose one atom is at the origin, 0 to r^2. The lattice of
  // axes does not hit both ends exactly, hence the margin of 10 %.
  const AnalyticPotential along_z(wells({0.0, 0.0, 2.0}));
  const PhysicsProbe turned = probe_physics(along_z, model_of({1}));
  CHECK(turned.molecule == "a pair of H atoms");
  const double r2 = 1.1 * 1.1 + 0.7 * 0.7 + 0.3 * 0.3;
  CHECK(turned.rotation_range <= r2);
  CHECK(turned.rotation_range >= 0.9 * r2);

  const AnalyticPotential round(wells({2.0, 2.0, 2.0}));
  CHECK(probe_physics(round, model_of({1, 8})).molecule == "a water molecule");
  CHECK(probe_physics(round, model_of({1, 7})).molecule == "an ammonia molecule");
  CHECK(probe_physics(round, model_of({1, 6})).molecule == "a methane molecule");
  const PhysicsProbe invariant = probe_physics(round, model_of({1, 8}));
  CHECK(invariant.rotation_range < 1e-13);

  const AnalyticPotential step([](std::span<const Vec3> x, std::span<Vec3>) {
    return norm(x[1] - x[0]) < 5.0 ? -0.125 : 0.0;
  });
  require_close(probe_physics(step, model_of({1})).cutoff_jump, -0.125,
                {0.0, 0.0, "exact numbers"});
}

TEST_CASE("the seed's models show the defects that docs/model.md lists") {
  // Water, range over rotations; two carbon atoms along z, jump at the cutoff: D1 and D2.
  struct Known {
    std::string name;
    double rotation, carbon_jump;
  };
  for (const Known& known : {Known{"original", 0.166, -0.803}, Known{"tiny", 0.034, 0.082},
                             Known{"ultra_tiny", 0.228, -0.069}}) {
    const auto path = shared_path("reference/weights/" + known.name + ".json");
    if (!available(std::filesystem::exists(path), path.string())) return;
    INFO(known.name);
    Model model = read_seed_weights(path);
    const auto potential = reference::make_reference_potential(model);
    const PhysicsProbe probe = probe_physics(*potential, model);
    CHECK(probe.molecule == "a water molecule");
    // Another geometry and 30 orientations instead of 200: the size, not the number.
    CHECK(probe.rotation_range > 0.5 * known.rotation);
    CHECK(probe.rotation_range < 1.2 * known.rotation);
    model.elements = {6};
    require_close(probe_physics(*potential, model).cutoff_jump, known.carbon_jump,
                  {6e-4, 0.0, "the page gives three decimals"});
  }
}

TEST_CASE("shipped models show none") {
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const Model model = shipped_model(name);
    const PhysicsProbe probe = probe_physics(*reference::make_reference_potential(model), model);
    CHECK(probe.rotation_range < 1e-11);
    CHECK(std::abs(probe.cutoff_jump) < 1e-11);
  }
}

}  // namespace fusemd::test
