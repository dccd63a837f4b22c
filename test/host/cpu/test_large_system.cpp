// SPDX-License-Identifier: MIT
// 5,000 atoms: the CPU engine, whose pairs come from cells, against the reference engine, which
// looks at all of them.
#include <algorithm>
#include <iostream>

#include "host/cpu/cpu_potential.hpp"
#include "host/reference/reference_potential.hpp"
#include "test/support/close.hpp"
#include "test/support/golden_sets.hpp"
#include "test/support/potentials.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

TEST_CASE("5,000 atoms have the reference engine's energy and forces") {
  const Model model = shipped_model("ultra_tiny");
  const System box = random_box(5000, 11);
  const Evaluation expected = evaluate(*reference::make_reference_potential(model), box);
  double scale = 0.0;
  for (const Vec3& f : expected.forces) scale = std::max(scale, norm(f));

  for (const std::size_t threads : {1u, 2u}) {
    const auto engine = cpu::make_potential(model, {.filters = cpu::Filters::exact,
                                                    .threads = threads,
                                                    .precision = cpu::Precision::real_double});
    const Evaluation actual = evaluate(*engine, box);
    const double off = max_difference(actual.forces, expected.forces);
    std::cout << "5000 atoms, double, " << threads
              << " threads: " << actual.energy - expected.energy << " of " << expected.energy
              << " eV, " << off << " of " << scale << " eV/A\n";
    require_close(actual.energy, expected.energy, {1e-9, 1e-14, "double rounding"});
    require_close(off, 0.0, {1e-12 * scale, 0.0, "double rounding of the largest force"});
  }
  // No molecule: atoms as near as 0.95 Angstrom, and forces of thousands of eV/A.
  const Evaluation actual = evaluate(*cpu::make_potential(model), box);
  const double off = max_difference(actual.forces, expected.forces);
  std::cout << "5000 atoms, single, table 512: " << actual.energy - expected.energy << " eV, "
            << off << " eV/A\n";
  require_close(actual.energy, expected.energy, {kBeyondEnergyShare * scale, 0.0, "rounding"});
  require_close(off, 0.0,
                {(kBeyondForceShare + kBeyondTableShare512) * scale, 0.0, "rounding and table"});
}

}  // namespace fusemd::test
