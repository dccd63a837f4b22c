// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include "host/validate/conservation.hpp"
#include "host/validate/frequency_errors.hpp"
#include "host/validate/invariance.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;
using namespace fusemd::validate;

Structure three_atoms() {
  Structure structure;
  structure.atomic_numbers = {8, 8, 8};
  structure.positions = {{0.0, 0.0, 0.0}, {1.3, 0.1, 0.0}, {0.5, 1.1, 0.3}};
  return structure;
}

Model oxygen(double cutoff) {
  Model model;
  model.elements = {8};
  model.config.cutoff = cutoff;
  return model;
}

TEST_CASE("pair potentials pass") {
  const std::vector<Structure> frames = {three_atoms()};
  const auto found =
      measure_invariance(AnalyticPotential(morse(4.0, 1.7, 1.2)), oxygen(5.0), frames);
  for (const double figure : {found.translation, found.rotation, found.rotated_force,
                              found.permutation, found.net_force, found.net_torque}) {
    CHECK(figure < 1e-11);
  }
  CHECK(found.force_difference < 1e-5);
  CHECK(found.cutoff_energy < 1e-6);
}

TEST_CASE("each defect shows in its own figure") {
  const std::vector<Structure> frames = {three_atoms()};
  // A well knows where the origin is, and this one which way is up.
  const auto pinned =
      measure_invariance(AnalyticPotential(wells({1.0, 2.0, 3.0})), oxygen(5.0), frames);
  CHECK(pinned.translation > 1.0);
  CHECK(pinned.rotation > 0.01);
  CHECK(pinned.net_force > 0.1);
  CHECK(pinned.force_difference < 1e-5);
  // The first atom is heavier than the others.
  const EnergyFunction partial = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    for (Vec3& f : forces) f = {};
    const Vec3 d = r[1] - r[0];
    forces[1] = -1.0 * d;
    forces[0] = d;
    return 0.5 * dot(d, d);
  };
  CHECK(measure_invariance(AnalyticPotential(partial), oxygen(5.0), frames).permutation > 0.01);
  // Forces that are twice what the energy says.
  const EnergyFunction twice = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    const double energy = morse(4.0, 1.7, 1.2)(r, forces);
    for (Vec3& f : forces) f *= 2.0;
    return energy;
  };
  CHECK(measure_invariance(AnalyticPotential(twice), oxygen(5.0), frames).force_difference > 0.1);
  // Springs that end all at once at 3 Angstrom.
  const EnergyFunction cut = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    double energy = 0.0;
    for (Vec3& f : forces) f = {};
    for (std::size_t i = 0; i < r.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const Vec3 d = r[i] - r[j];
        if (norm(d) > 3.0) continue;
        energy += 0.5 * dot(d, d);
        forces[i] -= d;
        forces[j] += d;
      }
    }
    return energy;
  };
  const auto jump = measure_invariance(AnalyticPotential(cut), oxygen(3.0), frames);
  CHECK(std::abs(jump.cutoff_energy - 4.5) < 1e-5);
  CHECK(std::abs(jump.cutoff_force - 3.0) < 1e-5);
}

TEST_CASE("velocity Verlet on a smooth potential is of second order and does not drift") {
  Structure structure = three_atoms();
  const AnalyticPotential potential(morse(4.0, 1.7, 1.2));
  structure = validate::relaxed_copy(potential, structure);
  const auto run = measure_conservation(potential, structure, {.time = 5.0});
  CHECK_FALSE(run.failed);
  CHECK(std::abs(run.time - 5.0) < 1e-9);
  CHECK(run.order_ratio > 3.0);
  CHECK(run.order_ratio < 5.5);
  CHECK(std::abs(run.slope) < 5.0 * run.slope_error + 1e-6);
}

TEST_CASE("forces without an energy drift") {
  // Friction in reverse: forces lack a tenth of a magnetic swirl that no energy has.
  const EnergyFunction swirl = [](std::span<const Vec3> r, std::span<Vec3> forces) {
    const double energy = morse(4.0, 1.7, 1.2)(r, forces);
    const Vec3 d = r[1] - r[0];
    const Vec3 side{-d.y, d.x, 0.0};
    forces[1] += 0.05 * side;
    forces[0] -= 0.05 * side;
    return energy;
  };
  const auto run = measure_conservation(AnalyticPotential(swirl), three_atoms(), {.time = 5.0});
  CHECK(std::abs(run.slope) > 1.0);
}

TEST_CASE("frequencies of a model are compared with those that a file has") {
  Structure structure = three_atoms();
  structure.atomic_numbers = {8, 8};
  structure.positions.pop_back();
  const double k = 2.0 * 4.0 * 1.7 * 1.7, mu = 15.999 / 2.0;
  const double expected = 521.4708983725 * std::sqrt(k / mu);  // as in test_vibrations.cpp
  structure.frequencies = {expected + 10.0};
  const AnalyticPotential potential(morse(4.0, 1.7, 1.2));
  const auto errors = validate::compare_frequencies(potential, structure);
  CHECK(std::abs(errors.rms - 10.0) < 0.1);
  structure.frequencies = {1.0, 2.0};
  CHECK_THROWS(validate::compare_frequencies(potential, structure));
}

}  // namespace
