// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "host/committee.hpp"
#include "test/support/analytic_potentials.hpp"
#include "test/support/catch.hpp"

namespace {

using namespace fusemd;
using namespace fusemd::test;

std::vector<std::unique_ptr<Potential>> wells_of(const std::vector<double>& stiffness) {
  std::vector<std::unique_ptr<Potential>> members;
  for (const double k : stiffness) {
    members.push_back(std::make_unique<AnalyticPotential>(wells({k, k, k})));
  }
  return members;
}

const std::vector<int> kAtoms = {1, 8};
const std::vector<Vec3> kPositions = {{2.0, 0.0, 0.0}, {0.0, -1.0, 0.0}};

TEST_CASE("a committee is the mean of its members, and its deviation their spread") {
  const CommitteePotential committee(wells_of({1.0, 2.0, 6.0}), 0.0);
  CommitteeEvaluator evaluator(committee.members(), kAtoms, {}, 0.0, nullptr);
  std::vector<Vec3> forces(2);
  // Mean stiffness 3; k r^2 / 2 over both atoms: (4 + 1) / 2 * 3.
  CHECK(std::abs(evaluator.compute(kPositions, forces) - 7.5) < 1e-14);
  CHECK(std::abs(forces[0].x + 6.0) < 1e-14);
  CHECK(std::abs(forces[1].y - 3.0) < 1e-14);
  // Standard deviation of {1, 2, 6}: sqrt((4 + 1 + 9) / 3), times the larger distance, 2.
  CHECK(std::abs(evaluator.deviation().force - 2.0 * std::sqrt(14.0 / 3.0)) < 1e-14);
  CHECK(std::abs(evaluator.deviation().energy - 2.5 * std::sqrt(14.0 / 3.0)) < 1e-14);
}

TEST_CASE("equal members agree") {
  const CommitteePotential committee(wells_of({2.0, 2.0}), 1e-12);
  const auto evaluator = committee.make_evaluator(kAtoms);
  std::vector<Vec3> forces(2);
  CHECK(std::abs(evaluator->compute(kPositions, forces) - 5.0) < 1e-14);
  CHECK(committee.refused() == 0);
}

// fault: members of a committee differ by more than --committee-limit, with --committee-action stop
// | energy and forces are not finite, which stops the replica
TEST_CASE("beyond the limit the energy is not finite, and within it nothing changes") {
  const CommitteePotential committee(wells_of({1.0, 2.0}), 0.75);
  const auto evaluator = committee.make_evaluator(kAtoms);
  std::vector<Vec3> forces(2);
  const std::vector<Vec3> near = {{1.4, 0.0, 0.0}, {0.0, 0.0, 0.0}};  // deviation 0.5 * 1.4
  const std::vector<Vec3> far = {{1.6, 0.0, 0.0}, {0.0, 0.0, 0.0}};
  CHECK(std::isfinite(evaluator->compute(near, forces)));
  CHECK(committee.refused() == 0);
  CHECK_FALSE(std::isfinite(evaluator->compute(far, forces)));
  CHECK_FALSE(is_finite(forces[0]));
  CHECK(committee.refused() == 1);
  CHECK(std::isfinite(evaluator->compute(near, forces)));
}

TEST_CASE("one force that is not finite is noticed, whatever atom comes after") {
  auto members = wells_of({1.0});
  members.push_back(
      std::make_unique<AnalyticPotential>(broken_outside(1.0, wells({1.0, 1.0, 1.0}), true)));
  const CommitteePotential committee(std::move(members), 5.0);
  const auto evaluator = committee.make_evaluator(kAtoms);
  std::vector<Vec3> forces(2);
  CHECK_FALSE(std::isfinite(evaluator->compute(kPositions, forces)));
  CHECK(committee.refused() == 1);
}

TEST_CASE("one model is no committee") {
  CHECK_THROWS_AS(CommitteePotential(wells_of({1.0}), 0.0), std::invalid_argument);
}

}  // namespace
