// SPDX-License-Identifier: MIT
// The CUDA engine's two filters, the network itself and tables of it, against each other: the same
// molecules through both kinds of convolution kernels.
#include <string>

#include "host/cuda/cuda_potential.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/potentials.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {
namespace {

struct TableBound {
  std::size_t intervals;
  double force, energy;  ///< eV/Angstrom, eV
};

// Of 512 intervals, and of 1024: an eighth of it, and the energies' rounding to single precision.
constexpr TableBound kBounds[] = {{512, 1e-4, 1e-4}, {1024, 1.5e-5, 3e-5}};

/// rounding   what the forces may be apart beyond the table's bound. Tables of more intervals are
///            nearer to the network and coarser in single precision: slopes are differences of
///            coefficients over a shorter distance.
void compare(const std::string& model_name, const System& system, double rounding = 0.0) {
  const Model model = shipped_model(model_name);
  const auto exact = cuda::make_potential(model, cuda::ModelOptions{.exact_filters = true});
  const Evaluation right = evaluate(*exact, system);
  for (const TableBound& bound : kBounds) {
    const auto table =
        cuda::make_potential(model, cuda::ModelOptions{.table_intervals = bound.intervals});
    const Evaluation found = evaluate(*table, system);
    const std::string name = model_name + ", " + system.name + ", " + table->description() + ": ";
    expect_close(found.energy, right.energy, {.absolute = bound.energy, .why = "the table"},
                 name + "energy");
    bool differs = false;
    for (std::size_t i = 0; i < system.size(); ++i) {
      const double error = norm(found.forces[i] - right.forces[i]);
      expect_close(error, 0.0, {.absolute = bound.force + rounding, .why = "the table"},
                   name + "error of the force on atom " + std::to_string(i));
      differs |= error > 0.0;
    }
    expect(differs, name + "the same bits as with exact filters, which the table is not");
    same_bits(found.forces);
  }
}

FUSEMD_KERNEL_CASE("tables against exact filters, original") {
  compare("original", rattled(water(), 0.05, 11));
  compare("original", rattled(benzene(), 0.05, 11));
}
FUSEMD_KERNEL_CASE("tables against exact filters, tiny") {
  compare("tiny", rattled(ethanol(), 0.05, 11));
  compare("tiny", rattled(benzene(), 0.05, 11));
}
FUSEMD_KERNEL_CASE("tables against exact filters, ultra_tiny") {
  // That table adds 2e-6 (fusemd check); the rest of what the two kernels are apart is the
  // single precision of both, of which each may have 4e-5: 2.7e-5 seen.
  constexpr double kRounding = 1.5e-5;
  compare("ultra_tiny", rattled(benzene(), 0.05, 11), kRounding);
  compare("ultra_tiny", rattled(aspirin(), 0.05, 11), kRounding);
}

}  // namespace
}  // namespace fusemd::test
