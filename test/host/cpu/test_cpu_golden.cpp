// SPDX-License-Identifier: MIT
// The CPU engine against PyTorch's automatic differentiation in double: rounding with exact
// filters, and what tables add, on every instruction set that this machine has. Each case prints
// the worst that it saw; benchmarks/RESULTS.md has those lines.
#include <cmath>
#include <iomanip>
#include <iostream>

#include "host/cpu/cpu_potential.hpp"
#include "test/support/close.hpp"
#include "test/support/golden_sets.hpp"
#include "test/support/potentials.hpp"

namespace fusemd::test {
namespace {

/// A largest deviation, and where it was.
struct Worst {
  double value = 0.0;
  std::string where = "nothing compared";

  void see(double deviation, const std::string& place) {
    if (std::abs(deviation) > std::abs(value)) *this = {deviation, place};
  }
};

void print(const std::string& what, const Worst& worst, const std::string& unit) {
  std::cout << what << ": at most " << std::scientific << std::setprecision(2)
            << std::abs(worst.value) << ' ' << unit << " (" << worst.where << ")\n";
}

Evaluation evaluate(const Potential& potential, const GoldenCase& golden) {
  return evaluate(potential, System{golden.name, golden.atomic_numbers, golden.positions});
}

/// What a table adds to forces.
struct TableBound {
  double force;   ///< eV/Angstrom
  double beyond;  ///< share of the largest force where the structure is no molecule
};
const TableBound kExact{0.0, 0.0};
const TableBound kTable512{1e-4, kBeyondTableShare512};
const TableBound kTable1024{1.5e-5, kBeyondTableShare1024};

/// Single precision against golden values; the worst of molecules and of the rest by themselves.
void require_golden(const cpu::Options& options, const TableBound& table) {
  Worst energy, force, energy_beyond, force_beyond;
  for (const GoldenSet& set : golden_sets()) {
    const auto potential = cpu::make_potential(set.model, options);
    for (const GoldenCase& golden : set.cases) {
      const std::string place = set.name + ", " + golden.name;
      INFO(potential->description() << ", " << place);
      const Evaluation result = evaluate(*potential, golden);
      const double beyond = beyond_molecules(golden);
      (beyond > 0.0 ? energy_beyond : energy).see(result.energy - golden.energy, place);
      require_close(result.energy, golden.energy,
                    {kGoldenEnergyBound + kBeyondEnergyShare * beyond, 0.0, "single precision"});
      if (!golden.forces_well_conditioned) continue;
      const double off = max_difference(result.forces, golden.forces);
      (beyond > 0.0 ? force_beyond : force).see(off, place);
      require_close(off, 0.0,
                    {kGoldenForceBound + table.force + (kBeyondForceShare + table.beyond) * beyond,
                     0.0, "single precision, and what the table adds"});
    }
  }
  const bool exact = options.filters == cpu::Filters::exact;
  const std::string what =
      options.instruction_set +
      (exact ? ", exact" : ", table " + std::to_string(options.table_intervals)) +
      ", golden values";
  print(what + ", force", force, "eV/A");
  print(what + ", energy", energy, "eV");
  print(what + ", force beyond molecules", force_beyond, "eV/A");
  print(what + ", energy beyond molecules", energy_beyond, "eV");
}

/// What a table alone adds: both engines in double, where rounding is nothing beside it.
void require_table(std::size_t intervals, const TableBound& bound) {
  Worst energy, force, force_beyond;
  for (const GoldenSet& set : golden_sets()) {
    cpu::Options options{.table_intervals = intervals, .precision = cpu::Precision::real_double};
    const auto table = cpu::make_potential(set.model, options);
    options.filters = cpu::Filters::exact;
    const auto exact = cpu::make_potential(set.model, options);
    for (const GoldenCase& golden : set.cases) {
      const std::string place = set.name + ", " + golden.name;
      INFO(table->description() << ", " << place);
      const Evaluation found = evaluate(*table, golden);
      const Evaluation expected = evaluate(*exact, golden);
      energy.see(found.energy - expected.energy, place);
      require_close(found.energy, expected.energy, {kGoldenEnergyBound, 0.0, "as in single"});
      if (!golden.forces_well_conditioned) continue;
      const double added = max_difference(found.forces, expected.forces);
      const double beyond = beyond_molecules(golden);
      (beyond > 0.0 ? force_beyond : force).see(added, place);
      require_close(added, 0.0, {bound.force + bound.beyond * beyond, 0.0, "the table's error"});
    }
  }
  const std::string what = "double, table " + std::to_string(intervals) + ", exact filters";
  print(what + ", force", force, "eV/A");
  print(what + ", energy", energy, "eV");
  print(what + ", force beyond molecules", force_beyond, "eV/A");
}

}  // namespace

TEST_CASE("exact filters give the golden forces up to single-precision rounding") {
  for (const cpu::InstructionSet isa : cpu::supported_instruction_sets()) {
    require_golden({.filters = cpu::Filters::exact, .instruction_set = std::string(to_string(isa))},
                   kExact);
  }
}

TEST_CASE("with tables forces stay within rounding plus the table's error") {
  for (const cpu::InstructionSet isa : cpu::supported_instruction_sets()) {
    const std::string name(to_string(isa));
    require_golden({.table_intervals = 512, .instruction_set = name}, kTable512);
    require_golden({.table_intervals = 1024, .instruction_set = name}, kTable1024);
  }
}

TEST_CASE("tables of 512 intervals add at most 1e-4 eV/A, of 1024 at most 1.5e-5") {
  require_table(512, kTable512);
  require_table(1024, kTable1024);
}

TEST_CASE("in double, exact filters give the golden values to rounding") {
  const Tolerance rounding{1e-11, 1e-14, "no term of the same text is missing or misplaced"};
  Worst energy, force;
  for (const GoldenSet& set : golden_sets()) {
    const auto potential = cpu::make_potential(
        set.model, {.filters = cpu::Filters::exact, .precision = cpu::Precision::real_double});
    for (const GoldenCase& golden : set.cases) {
      const std::string place = set.name + ", " + golden.name;
      INFO(potential->description() << ", " << place);
      const Evaluation result = evaluate(*potential, golden);
      energy.see(result.energy - golden.energy, place);
      require_close(result.energy, golden.energy, rounding);
      if (!golden.forces_well_conditioned) continue;
      const double off = max_difference(result.forces, golden.forces);
      force.see(off, place);
      require_close(off, 0.0, rounding);
    }
  }
  print("double, exact, golden values, force", force, "eV/A");
  print("double, exact, golden values, energy", energy, "eV");
}

}  // namespace fusemd::test
