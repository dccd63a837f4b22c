// SPDX-License-Identifier: MIT
// What happens when a pair comes within the cutoff.
#include <cmath>

#include "host/student_math.hpp"
#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

constexpr double kCutoff = 5.0;

/// Benzene with one hydrogen moved along its bond until the one opposite is `distance` away.
System benzene_with_para_distance(double distance) {
  System system = benzene();
  const Vec3 fixed = system.positions[6];
  Vec3& moved = system.positions[9];
  moved = fixed + (distance / norm(moved - fixed)) * (moved - fixed);
  return system;
}

std::vector<std::pair<System, System>> crossings(double delta) {
  std::vector<std::pair<System, System>> pairs;
  for (const int a : {1, 6, 7, 8}) {
    for (const int b : {1, 6, 7, 8}) {
      pairs.push_back({pair(a, b, kCutoff - delta), pair(a, b, kCutoff + delta)});
    }
  }
  pairs.push_back(
      {benzene_with_para_distance(kCutoff - delta), benzene_with_para_distance(kCutoff + delta)});
  return pairs;
}

}  // namespace

TEST_CASE("energy and forces are continuous through the cutoff where the finished filter is cut") {
  // fc falls as (pi (rc - d) / (2 rc))^2: at 1e-5 Angstrom it is 1e-11, and its slope 2e-6 per
  // Angstrom. The energy so far from a jump moves by force times distance: benzene's forces here
  // stay below 10.
  constexpr double delta = 1e-5, filter_scale = 20.0;
  const double slope = -cutoff_function(kCutoff - delta, kCutoff).slope;
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    if (config.cutoff_applied_to != CutoffAppliedTo::filter) continue;
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      const auto potential = engine.make(make_model(config, 1));
      for (const auto& [inside, outside] : crossings(delta)) {
        INFO("engine " << engine.name << ", " << inside.name);
        const Evaluation in = evaluate(*potential, inside), out = evaluate(*potential, outside);
        // The mean force along the way accounts for the change of energy; a jump would remain.
        double work = 0.0;
        for (std::size_t i = 0; i < inside.size(); ++i) {
          work -=
              dot(0.5 * (in.forces[i] + out.forces[i]), outside.positions[i] - inside.positions[i]);
        }
        require_close(out.energy - in.energy, work,
                      {engine.energy_noise + filter_scale * slope * delta, 0.0, "see above"});
        require_close(max_difference(in.forces, out.forces), 0.0,
                      {engine.force_noise + filter_scale * (slope + delta), 0.0, "see above"});
      }
    }
  }
}

// Defect D2 of docs/model.md.
TEST_CASE("energy jumps at the cutoff where only the basis is cut, and d = rc counts as inside") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    if (config.cutoff_applied_to != CutoffAppliedTo::rbf) continue;
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      INFO("engine " << engine.name);
      const auto potential = engine.make(make_model(config, 1));
      const double inside = evaluate(*potential, pair(6, 8, kCutoff - 1e-9)).energy;
      const double at = evaluate(*potential, pair(6, 8, kCutoff)).energy;
      const double outside = evaluate(*potential, pair(6, 8, kCutoff + 1e-9)).energy;
      REQUIRE(std::abs(inside - outside) > 1e-3);
      require_close(at, inside,
                    {engine.energy_noise + 1e-8, 0.0, "1e-9 Angstrom at below 10 eV/A"});
    }
  }
}

TEST_CASE("a molecule beyond the cutoff changes neither energy nor forces of another") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 2, 8))) {
    INFO("switches " << switches_text(config));
    for (const Engine& engine : engines()) {
      INFO("engine " << engine.name);
      const auto potential = engine.make(make_model(config, 1));
      const System both = two_waters(8.0);
      System first = both, second = both;
      first.atomic_numbers.resize(3), first.positions.resize(3);
      second.atomic_numbers.erase(second.atomic_numbers.begin(), second.atomic_numbers.begin() + 3);
      second.positions.erase(second.positions.begin(), second.positions.begin() + 3);
      const Evaluation a = evaluate(*potential, first), b = evaluate(*potential, second);
      const Evaluation ab = evaluate(*potential, both);
      std::vector<Vec3> forces = a.forces;
      forces.insert(forces.end(), b.forces.begin(), b.forces.end());
      require_close(ab.energy, a.energy + b.energy, {engine.energy_noise, 0.0, engine.why});
      require_close(max_difference(ab.forces, forces), 0.0, {engine.force_noise, 0.0, engine.why});
    }
  }
}

}  // namespace fusemd::test
