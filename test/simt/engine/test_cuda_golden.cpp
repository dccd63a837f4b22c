// SPDX-License-Identifier: MIT
// The whole CUDA engine with exact filters against PyTorch's automatic differentiation in double:
// values that owe nothing to any line here. A choice of molecules, so that it takes seconds; all
// the others of these files were within 1.3e-5 eV/Angstrom and 1.1e-5 eV once, pressed dimers
// apart.
#include <algorithm>
#include <string>
#include <vector>

#include "host/cuda/cuda_potential.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/golden_sets.hpp"
#include "test/support/potentials.hpp"

namespace fusemd::test {
namespace {

const Tolerance kForce{.absolute = kGoldenForceBound, .why = "single precision, eV/Angstrom"};
const Tolerance kEnergy{.absolute = 3e-5, .why = "single precision, eV"};

void compare(const GoldenSet& set, const GoldenCase& golden, DenseKind kind) {
  if (!dense_kind_runs(kind, FUSEMD_KERNEL_ARCHITECTURE)) return;
  const auto potential = cuda::make_potential(
      set.model, {.exact_filters = true, .dense = kind, .compute_capability = 80});
  const Evaluation found =
      evaluate(*potential, {golden.name, golden.atomic_numbers, golden.positions});
  const std::string name = set.name + ", " + golden.name + ", " + potential->description() + ": ";
  expect_close(found.energy, golden.energy, kEnergy, name + "energy");
  expect(golden.forces_well_conditioned, golden.name + " has forces that rounding decides");
  for (std::size_t i = 0; i < golden.forces.size(); ++i) {
    expect_close(norm(found.forces[i] - golden.forces[i]), 0.0, kForce,
                 name + "error of the force on atom " + std::to_string(i));
  }
  same_bytes(&found.energy, sizeof found.energy);
  same_bits(found.forces);
}

/// The named cases of one set; nothing where the set is not there (golden_sets() has said so).
void compare(const std::string& set_name, const std::vector<std::string>& names) {
  static const std::vector<GoldenSet> sets = golden_sets();
  const auto set = std::ranges::find(sets, set_name, &GoldenSet::name);
  if (set == sets.end()) return;
  for (const std::string& name : names) {
    const auto golden = std::ranges::find(set->cases, name, &GoldenCase::name);
    expect(golden != set->cases.end(), set_name + " has no case " + name);
    for (const DenseKind kind : {DenseKind::fma, DenseKind::tf32x3}) compare(*set, *golden, kind);
  }
}

FUSEMD_KERNEL_CASE("golden values of the seed's original") {
  compare("seed original", {"H2O", "NH3", "CH3OH", "C6H6_rattle00"});
}
FUSEMD_KERNEL_CASE("golden values of the seed's ultra_tiny") {
  compare("seed ultra_tiny", {"H2O", "CH4_rattle", "C2H6", "C6H6_rattle07", "C4H10"});
}
FUSEMD_KERNEL_CASE("golden values of original") {
  compare("seedling original", {"H atom", "CO at 4.9999 A", "water 800 K", "methanol 300 K"});
}
FUSEMD_KERNEL_CASE("golden values of tiny") {
  compare("seedling tiny", {"O atom", "ammonia 800 K", "ethanol 800 K", "uracil 300 K"});
}
FUSEMD_KERNEL_CASE("golden values of ultra_tiny") {
  compare("seedling ultra_tiny",
          {"CO at 5.0001 A", "benzene 800 K", "aspirin 800 K", "water and benzene, 6 A apart"});
}

}  // namespace
}  // namespace fusemd::test
