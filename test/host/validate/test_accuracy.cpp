// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "host/validate/accuracy.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"
#include "weights/error.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;
using namespace fusemd::validate;
using validate::ForceErrors;

TEST_CASE("errors of forces are those of their definitions") {
  ForceErrors errors;
  errors.add({1.0, 0.0, 0.0}, {0.0, 1.0, 0.0});   // at right angles
  errors.add({0.0, 0.0, 4.0}, {0.0, 0.0, 2.0});   // along
  errors.add({0.01, 0.0, 0.0}, {0.0, 0.0, 0.0});  // no direction
  CHECK(errors.atoms() == 3);
  CHECK(std::abs(errors.mae() - (1.0 + 1.0 + 2.0 + 0.01) / 9.0) < 1e-15);
  CHECK(std::abs(errors.rmse() - std::sqrt((2.0 + 4.0 + 1e-4) / 9.0)) < 1e-15);
  // Labels: one 1, one 2, seven 0: sum 3, squares 5, variance sum 5 - 9 / 9.
  CHECK(std::abs(errors.r2() - (1.0 - 6.0001 / 4.0)) < 1e-14);
  CHECK(std::abs(errors.cosine() - 0.5) < 1e-15);
  CHECK(std::abs(errors.largest() - 2.0) < 1e-15);
}

TEST_CASE("a NaN shows in every figure") {
  ForceErrors errors;
  errors.add({1.0, 0.0, 0.0}, {1.0, 0.0, 0.0});
  errors.add({std::numeric_limits<double>::quiet_NaN(), 0.0, 0.0}, {1.0, 0.0, 0.0});
  errors.add({1.0, 0.0, 0.0}, {1.0, 0.0, 0.0});
  for (const double figure :
       {errors.mae(), errors.rmse(), errors.r2(), errors.cosine(), errors.largest()}) {
    CHECK(std::isnan(figure));
  }
}

/// Springs of stiffness 2; labels of stiffness 3 and an energy that is 5 eV/atom off.
std::vector<Structure> frames_of_springs(int count) {
  std::vector<Structure> frames;
  for (int k = 0; k < count; ++k) {
    Structure frame;
    frame.atomic_numbers = k % 2 == 0 ? std::vector{1, 8} : std::vector{8, 1, 1};
    double squares = 0.0;
    for (std::size_t i = 0; i < frame.atomic_numbers.size(); ++i) {
      const double x = 0.1 * k + static_cast<double>(i);
      frame.positions.push_back({x, -x, 0.5});
      squares += 2.0 * x * x + 0.25;
    }
    frame.energy = 1.5 * squares + 5.0 * static_cast<double>(frame.size());
    frame.forces.emplace();
    for (const Vec3& r : frame.positions) frame.forces->push_back(-3.0 * r);
    frames.push_back(frame);
  }
  return frames;
}

TEST_CASE("frames are gathered by element and molecule, the same with any number of threads") {
  const AnalyticPotential potential(wells({2.0, 2.0, 2.0}));
  const std::vector<Structure> frames = frames_of_springs(20);
  std::vector<std::string> names;
  for (std::size_t k = 0; k < frames.size(); ++k) names.push_back(k % 2 == 0 ? "OH" : "H2O");
  const validate::Accuracy one = measure_accuracy(potential, frames, names, 1);
  const validate::Accuracy four = measure_accuracy(potential, frames, names, 4);
  CHECK(one.forces.atoms() == 50);
  CHECK(one.elements.at(1).atoms() == 30);
  CHECK(one.elements.at(8).atoms() == 20);
  CHECK(one.molecules.at("H2O").forces.atoms() == 30);
  CHECK(one.molecules.at("OH").atoms == 2);
  double sum = 0.0, error = 0.0;
  for (const Structure& frame : frames) {
    double squares = 0.0;
    for (const Vec3& r : frame.positions) {
      sum += std::abs(r.x) + std::abs(r.y) + std::abs(r.z);
      squares += dot(r, r);
    }
    error += std::abs(-0.5 * squares / static_cast<double>(frame.size()) - 5.0);
  }
  CHECK(std::abs(one.forces.mae() - sum / 150.0) < 1e-12);
  CHECK(std::abs(one.energy_mae - error / 20.0) < 1e-12);
  CHECK(one.energy_mae_without_offset < one.energy_mae);
  CHECK(one.forces.mae() == four.forces.mae());
  CHECK(one.force_pairs == four.force_pairs);
  CHECK(one.force_pairs.size() == 150);
  double shares = 0.0;
  for (const auto& [place, share] : one.histogram) shares += share;
  CHECK(std::abs(shares - 1.0) < 1e-12);
}

TEST_CASE("a frame without labels is named") {
  const AnalyticPotential potential(free_particles());
  std::vector<Structure> frames = frames_of_springs(3);
  frames[1].energy.reset();
  frames[1].name = "here.xyz, frame 2";
  const std::vector<std::string> names(3, "a");
  CHECK_THROWS_WITH(measure_accuracy(potential, frames, names, 2),
                    contains_text("here.xyz, frame 2"));
}

}  // namespace
