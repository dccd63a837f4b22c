// SPDX-License-Identifier: MIT
#include <limits>

#include "host/cpu/cpu_potential.hpp"
#include "host/reference/reference_potential.hpp"
#include "test/support/allocation_count.hpp"
#include "test/support/close.hpp"
#include "test/support/potentials.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

Model shipped_like(int hidden) { return make_model(shipped_switches(hidden, 2, 10), 3); }

bool same_bits(const Evaluation& a, const Evaluation& b) {
  return a.energy == b.energy && a.forces == b.forces && a.virial == b.virial;
}

}  // namespace

TEST_CASE("cells find the pairs that testing all of them finds") {
  const Model model = shipped_like(32);
  const auto reference = reference::make_reference_potential(model);
  const auto engine = cpu::make_potential(
      model, {.filters = cpu::Filters::exact, .precision = cpu::Precision::real_double});
  // Around and above the size where cells take over, and a string of atoms with empty cells.
  std::vector<System> systems = {random_box(159, 1), random_box(161, 2), random_box(400, 3)};
  System chain = random_box(200, 4);
  for (std::size_t i = 100; i < 200; ++i) chain.positions[i].x += 1000.0;
  systems.push_back(chain);
  for (const System& system : systems) {
    INFO(system.name << ", " << system.size() << " atoms");
    const Evaluation expected = evaluate(*reference, system), actual = evaluate(*engine, system);
    require_close(actual.energy, expected.energy, {1e-9, 1e-12, "double rounding"});
    double scale = 1.0;
    for (const Vec3& f : expected.forces) scale = std::max(scale, norm(f));
    require_close(max_difference(actual.forces, expected.forces), 0.0,
                  {1e-10 * scale, 0.0, "double rounding of the largest force"});
  }
}

TEST_CASE("bits do not depend on threads, on earlier evaluations, or on shifts in memory") {
  for (const int hidden : {32, 128}) {
    const Model model = shipped_like(hidden);
    for (const std::size_t atoms : {21u, 500u}) {
      const System system = random_box(atoms, 5), other = random_box(atoms, 6);
      const Evaluation expected = evaluate(*cpu::make_potential(model), system);
      REQUIRE(std::isfinite(expected.energy));
      for (const std::size_t threads : {1u, 2u, 3u, 5u}) {
        INFO(hidden << " channels, " << atoms << " atoms, " << threads << " threads");
        const auto potential = cpu::make_potential(model, {.threads = threads});
        const auto evaluator = potential->make_evaluator(system.atomic_numbers);
        Evaluation actual{0.0, std::vector<Vec3>(atoms), {}};
        evaluator->compute(other.positions, actual.forces);
        actual.energy = evaluator->compute(system.positions, actual.forces, &actual.virial);
        REQUIRE(same_bits(actual, expected));
      }
    }
  }
}

TEST_CASE("after the first call an evaluation allocates nothing") {
  const auto potential = cpu::make_potential(shipped_like(64));
  for (const std::size_t atoms : {12u, 300u}) {
    const System system = random_box(atoms, 7);
    const auto evaluator = potential->make_evaluator(system.atomic_numbers);
    std::vector<Vec3> forces(atoms);
    evaluator->compute(system.positions, forces);
    const long before = allocation_count();
    for (int k = 0; k < 10; ++k) evaluator->compute(system.positions, forces);
    REQUIRE(allocation_count() == before);
  }
}

TEST_CASE("non-finite positions give a non-finite energy, on either search") {
  const auto potential = cpu::make_potential(shipped_like(32));
  for (const std::size_t atoms : {3u, 300u}) {
    System system = random_box(atoms, 8);
    for (const double bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      system.positions[atoms / 2].y = bad;
      const Evaluation result = evaluate(*potential, system);
      REQUIRE(!std::isfinite(result.energy));
      REQUIRE(!std::isfinite(result.forces[0].x));
    }
  }
}

TEST_CASE("atoms alone and no atoms at all") {
  const Model model = shipped_like(32);
  const auto reference = reference::make_reference_potential(model);
  const auto potential = cpu::make_potential(model);
  const System atom = single_atom(8);
  require_close(evaluate(*potential, atom).energy, evaluate(*reference, atom).energy,
                {1e-5, 1e-7, "single precision"});
  REQUIRE(evaluate(*potential, atom).forces[0] == Vec3{});
  REQUIRE(evaluate(*potential, System{}).energy == 0.0);
}

TEST_CASE("options out of range are refused by name") {
  const Model model = shipped_like(32);
  REQUIRE_THROWS_AS(cpu::make_potential(model, {.table_intervals = 3}), InputError);
  REQUIRE_THROWS_AS(cpu::make_potential(model, {.threads = 0}), InputError);
  REQUIRE_THROWS_AS(cpu::make_potential(model, {.instruction_set = "avx9"}), InputError);
}

}  // namespace fusemd::test
