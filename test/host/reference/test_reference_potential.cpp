// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "host/reference/reference_potential.hpp"
#include "host/reference/student_network.hpp"
#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

const StudentConfig kConfig = shipped_switches(16, 2, 8);

bool is_finite(const Evaluation& result) {
  bool finite = std::isfinite(result.energy);
  for (const Vec3& f : result.forces) finite = finite && std::isfinite(norm(f));
  for (const double w : result.virial) finite = finite && std::isfinite(w);
  return finite;
}

bool same(const Evaluation& a, const Evaluation& b) {
  return a.energy == b.energy && a.forces == b.forces && a.virial == b.virial;
}

}  // namespace

TEST_CASE("no atoms: no energy") {
  const Evaluation none =
      evaluate(*reference::make_reference_potential(make_model(kConfig, 1)), {});
  REQUIRE(none.energy == 0.0);
  REQUIRE(none.virial == Virial{});
}

TEST_CASE("one atom: the constant of its element, no force, no virial") {
  const auto potential = reference::make_reference_potential(make_model(kConfig, 1));
  Model shifted = make_model(kConfig, 1);
  shifted.reference_energies[6] += 2.5;
  shifted.reference_energies.erase(1);
  const auto shifted_potential = reference::make_reference_potential(shifted);
  const double e0_h = make_model(kConfig, 1).reference_energies.at(1);
  const Tolerance rounding{1e-14, 1e-14, "one addition in double"};

  const Evaluation carbon = evaluate(*potential, single_atom(6));
  REQUIRE(carbon.forces[0] == Vec3{});
  REQUIRE(carbon.virial == Virial{});
  require_close(evaluate(*shifted_potential, single_atom(6)).energy, carbon.energy + 2.5, rounding);
  require_close(evaluate(*shifted_potential, single_atom(1)).energy,
                evaluate(*potential, single_atom(1)).energy - e0_h, rounding);
}

TEST_CASE("atoms in the same place give finite numbers and no force between them") {
  for (const StudentConfig& config : all_switches(kConfig)) {
    INFO("switches " << switches_text(config));
    const auto potential = reference::make_reference_potential(make_model(config, 1));
    const Evaluation two = evaluate(*potential, pair(6, 8, 0.0));
    REQUIRE(is_finite(two));
    REQUIRE(two.forces == std::vector<Vec3>(2));
    System three = pair(6, 8, 0.0);
    three.atomic_numbers.push_back(1);
    three.positions.push_back({0.5, 0.6, 0.7});
    REQUIRE(is_finite(evaluate(*potential, three)));
  }
}

TEST_CASE("a vector feature of exactly zero gives finite forces, also without norm_epsilon") {
  // The two oxygens are mirror images of each other, so their messages to the carbon cancel.
  for (const StudentConfig& config : all_switches(kConfig)) {
    INFO("switches " << switches_text(config));
    const auto potential = reference::make_reference_potential(make_model(config, 1));
    REQUIRE(is_finite(evaluate(*potential, carbon_dioxide())));
  }
}

TEST_CASE("a non-finite position gives NaN everywhere, wherever it stands") {
  const auto potential = reference::make_reference_potential(make_model(kConfig, 1));
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (std::size_t i = 0; i < 3; ++i) {
      System system = water();
      system.positions[i].y = bad;
      const Evaluation result = evaluate(*potential, system);
      REQUIRE(std::isnan(result.energy));
      for (const Vec3& f : result.forces) REQUIRE(std::isnan(norm(f)));
      for (const double w : result.virial) REQUIRE(std::isnan(w));
    }
  }
}

TEST_CASE("a result depends on the positions alone, not on what was computed before") {
  for (const StudentConfig& config : {seed_switches(16, 2, 8), shipped_switches(16, 3, 8)}) {
    const auto potential = reference::make_reference_potential(make_model(config, 1));
    const System here = random_box(20, 1);
    const Evaluation expected = evaluate(*potential, here);
    const auto evaluator = potential->make_evaluator(here.atomic_numbers);
    std::vector<Vec3> far = here.positions, forces(here.size());
    for (Vec3& x : far) x *= 3.0;
    for (const auto& other : {far, rattled(here, 0.2, 1).positions}) {
      evaluator->compute(other, forces);
      Evaluation again{0.0, std::vector<Vec3>(here.size()), {}};
      again.energy = evaluator->compute(here.positions, again.forces, &again.virial);
      REQUIRE(same(again, expected));
    }
  }
}

TEST_CASE("an evaluator outlives its potential") {
  auto potential = reference::make_reference_potential(make_model(kConfig, 1));
  const System system = water();
  const Evaluation expected = evaluate(*potential, system);
  const auto evaluator = potential->make_evaluator(system.atomic_numbers);
  potential.reset();
  std::vector<Vec3> forces(3);
  REQUIRE(evaluator->compute(system.positions, forces) == expected.energy);
}

TEST_CASE("dead parameters reach neither energy nor forces") {
  for (const StudentConfig& config : all_switches(shipped_switches(16, 3, 8))) {
    INFO("switches " << switches_text(config));
    const Model model = make_model(config, 1);
    Model randomised = model;
    randomise_dead_parameters(randomised, 9);
    REQUIRE(!same_bits(model, randomised));
    const System system = rattled_off_cutoff(ethanol(), 0.05);
    const Evaluation a = evaluate(*reference::make_reference_potential(model), system);
    const Evaluation b = evaluate(*reference::make_reference_potential(randomised), system);
    REQUIRE(same(a, b));
  }
}

TEST_CASE("untrained elements and periodic cells are refused before anything is computed") {
  const auto potential = reference::make_reference_potential(make_model(kConfig, 1));
  REQUIRE_THROWS_AS(potential->make_evaluator(std::vector<int>{1, 9}), InputError);
  const std::vector<int> hydrogen{1};
  REQUIRE_THROWS_AS(potential->make_evaluator(hydrogen, Cell{{}, {false, true, false}}),
                    InputError);
  REQUIRE_NOTHROW(potential->make_evaluator(hydrogen, Cell{}));
}

}  // namespace fusemd::test
