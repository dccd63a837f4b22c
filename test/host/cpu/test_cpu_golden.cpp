// SPDX-License-Identifier: MIT
// The CPU engine against PyTorch's automatic differentiation in double: rounding with exact
// filters, and what tables add, on every instruction set that this machine has.
#include <algorithm>

#include "host/cpu/cpu_potential.hpp"
#include "test/support/close.hpp"
#include "test/support/golden.hpp"
#include "test/support/potentials.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/skip.hpp"

namespace fusemd::test {
namespace {

namespace fs = std::filesystem;

struct GoldenSet {
  Model model;
  std::vector<GoldenCase> cases;
};

/// The seed's weights with its switches, and the shipped models with theirs.
std::vector<GoldenSet> golden_sets() {
  std::vector<GoldenSet> sets;
  for (const std::string name : {"original", "ultra_tiny"}) {
    const auto weights = shared_path("reference/weights/" + name + ".json");
    const auto golden = shared_path("reference/golden/" + name + "_float64.json");
    if (!available(fs::exists(weights) && fs::exists(golden), golden.string())) continue;
    sets.push_back({read_seed_weights(weights), read_golden(golden)});
  }
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const auto golden = shared_path("seedlings/golden/" + name + "_float64.json");
    if (!available(fs::exists(golden), golden.string())) continue;
    sets.push_back({shipped_model(name), read_golden(golden)});
  }
  return sets;
}

/// Energies are sums of single-precision atom terms: 3e-5 eV, and one part in 1e7 of what the
/// network itself sums up (the reference energies are added in double).
double energy_bound(const GoldenSet& set, const GoldenCase& golden) {
  double network = golden.energy;
  for (const int z : golden.atomic_numbers) {
    const auto entry = set.model.reference_energies.find(z);
    if (entry != set.model.reference_energies.end()) network -= entry->second;
  }
  return 3e-5 + 1e-7 * std::abs(network);
}

/// The bounds are for molecules. Dimers pressed far inside any molecule (forces above 20 eV/A, up
/// to 425) blow the features up, and single precision is relative: 5e-6 of the largest force,
/// measured 4.4e-6.
double beyond_molecules(const GoldenCase& golden) {
  double largest = 0.0;
  for (const Vec3& f : golden.forces) largest = std::max(largest, norm(f));
  return largest > 20.0 ? 5e-6 * largest : 0.0;
}

void require_golden(const cpu::Options& options, double force_bound, const std::string& why) {
  for (const GoldenSet& set : golden_sets()) {
    const auto potential = cpu::make_potential(set.model, options);
    for (const GoldenCase& golden : set.cases) {
      INFO(potential->description() << ", " << set.model.name << ", " << golden.name);
      const Evaluation result =
          evaluate(*potential, {golden.name, golden.atomic_numbers, golden.positions});
      const double extra = beyond_molecules(golden);
      require_close(result.energy, golden.energy, {energy_bound(set, golden) + extra, 0.0, why});
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
                   4e-5, "PyTorch's own float32 is off by up to 2.4e-5 eV/A on these structures");
  }
}

TEST_CASE("tables of 512 intervals add at most 1e-4 eV/A, of 1024 at most 1.5e-5") {
  for (const cpu::InstructionSet isa : cpu::supported_instruction_sets()) {
    const std::string name(to_string(isa));
    require_golden({.table_intervals = 512, .instruction_set = name}, 4e-5 + 1e-4,
                   "rounding plus the table's h^3 error");
    require_golden({.table_intervals = 1024, .instruction_set = name}, 4e-5 + 1.5e-5,
                   "rounding plus an eighth of it");
  }
}

TEST_CASE("in double, exact filters give the golden forces to rounding") {
  require_golden({.filters = cpu::Filters::exact, .precision = cpu::Precision::real_double}, 1e-10,
                 "the same text in double precision: no term is missing or misplaced");
}

}  // namespace fusemd::test
