// SPDX-License-Identifier: MIT
#include "host/train/reference_energies.hpp"
#include "test/support/close.hpp"

namespace fusemd::test {
namespace {

Structure composition(int hydrogens, int carbons, int oxygens) {
  Structure structure;
  for (int k = 0; k < hydrogens; ++k) structure.atomic_numbers.push_back(1);
  for (int k = 0; k < carbons; ++k) structure.atomic_numbers.push_back(6);
  for (int k = 0; k < oxygens; ++k) structure.atomic_numbers.push_back(8);
  return structure;
}

std::vector<double> energies_of(const std::vector<Structure>& structures,
                                const std::map<int, double>& constants) {
  std::vector<double> energies;
  for (const Structure& structure : structures) {
    double sum = 0.0;
    for (const int z : structure.atomic_numbers) sum += constants.at(z);
    energies.push_back(sum);
  }
  return energies;
}

}  // namespace

TEST_CASE("constants that made the energies come back") {
  const std::map<int, double> constants = {{1, -13.5}, {6, -1027.25}, {8, -2040.0}};
  const std::vector<Structure> structures = {composition(2, 0, 1), composition(4, 1, 0),
                                             composition(6, 2, 1), composition(6, 6, 0)};
  const auto fit =
      train::fit_reference_energies(structures, energies_of(structures, constants), {1, 6, 8});
  REQUIRE(fit.rank == 3);
  for (const auto& [z, energy] : constants) {
    require_close(fit.energies.at(z), energy, {0.0, 1e-9, "condition of a few molecules"});
  }
  require_close(fit.rms, 0.0, {1e-8, 0.0, "rounding"});
}

TEST_CASE("one kind of molecule: the shortest constants, and the rank says so") {
  const std::vector<Structure> structures = {composition(2, 0, 1), composition(2, 0, 1)};
  const std::vector<double> energies = {-100.0, -98.0};
  const auto fit = train::fit_reference_energies(structures, energies, {1, 8});
  REQUIRE(fit.rank == 1);
  // Minimum norm of 2 h + o = -99: (h, o) = -99 / 5 (2, 1).
  require_close(fit.energies.at(1), -39.6, {0.0, 1e-12, "rounding"});
  require_close(fit.energies.at(8), -19.8, {0.0, 1e-12, "rounding"});
  require_close(fit.rms, 1.0 / 3.0, {0.0, 1e-9, "1 eV left in three atoms"});
}

TEST_CASE("isomers differ by what the constants cannot know") {
  const std::vector<Structure> structures = {composition(4, 2, 0), composition(2, 1, 0),
                                             composition(8, 4, 0)};
  // C and H in one ratio: rank 1 whatever the sizes.
  const auto fit = train::fit_reference_energies(
      structures, energies_of(structures, {{1, -10.0}, {6, -100.0}}), {1, 6});
  REQUIRE(fit.rank == 1);
  const auto rebuilt = energies_of(structures, fit.energies);
  const auto expected = energies_of(structures, {{1, -10.0}, {6, -100.0}});
  for (std::size_t k = 0; k < rebuilt.size(); ++k) {
    require_close(rebuilt[k], expected[k], {0.0, 1e-10, "rounding"});
  }
}

}  // namespace fusemd::test
