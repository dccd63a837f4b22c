// SPDX-License-Identifier: MIT
// The CPU engine against PyTorch's automatic differentiation in double: rounding with exact
// filters, and what tables add, on every instruction set that this machine has.
#include "host/cpu/cpu_potential.hpp"
#include "test/support/close.hpp"
#include "test/support/golden_sets.hpp"
#include "test/support/potentials.hpp"

namespace fusemd::test {
namespace {

void require_golden(const cpu::Options& options, double force_bound, const std::string& why) {
  for (const GoldenSet& set : golden_sets()) {
    const auto potential = cpu::make_potential(set.model, options);
    for (const GoldenCase& golden : set.cases) {
      INFO(potential->description() << ", " << set.name << ", " << golden.name);
      const Evaluation result =
          evaluate(*potential, {golden.name, golden.atomic_numbers, golden.positions});
      const double extra = beyond_molecules(golden);
      require_close(result.energy, golden.energy,
                    {golden_energy_bound(set, golden) + extra, 0.0, why});
      if (!golden.forces_well_conditioned) continue;
      require_close(max_difference(result.forces, golden.forces), 0.0,
                    {force_bound + extra, 0.0, why});
    }
  }
}

}  // namespace

TEST_CASE("exact filters give the golden forces up to single-precision rounding") {
  for (const cpu::InstructionSet isa : cpu::supported_instruction_sets()) {
    require_golden({.filters = cpu::Filters::exact, .instruction_set = std::string(to_string(isa))},
                   kGoldenForceBound, "single precision");
  }
}

TEST_CASE("tables of 512 intervals add at most 1e-4 eV/A, of 1024 at most 1.5e-5") {
  for (const cpu::InstructionSet isa : cpu::supported_instruction_sets()) {
    const std::string name(to_string(isa));
    require_golden({.table_intervals = 512, .instruction_set = name}, kGoldenForceBound + 1e-4,
                   "rounding plus the table's h^3 error");
    require_golden({.table_intervals = 1024, .instruction_set = name}, kGoldenForceBound + 1.5e-5,
                   "rounding plus an eighth of it");
  }
}

TEST_CASE("in double, exact filters give the golden forces to rounding") {
  require_golden({.filters = cpu::Filters::exact, .precision = cpu::Precision::real_double}, 1e-10,
                 "the same text in double precision: no term is missing or misplaced");
}

}  // namespace fusemd::test
