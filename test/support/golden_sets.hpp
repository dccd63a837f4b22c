// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "test/support/golden.hpp"
#include "weights/model.hpp"

namespace fusemd::test {

/// A model and its golden values.
struct GoldenSet {
  std::string name;  ///< "seed original", "shipped tiny"
  Model model;
  std::vector<GoldenCase> cases;
};

/// The seed's weights with its switches (original, ultra_tiny), and the shipped models with theirs
/// (all three). A set that this machine lacks is skipped loudly, or a failure on CI (skip.hpp).
std::vector<GoldenSet> golden_sets();

/// Bounds of an engine in single precision against golden values computed in double.

/// Forces on molecules, eV/Angstrom. PyTorch's own float32 is off by up to 2.4e-5.
inline constexpr double kGoldenForceBound = 4e-5;

/// Energies are sums of single-precision atom terms: 3e-5 eV, and one part in 1e7 of what the
/// network itself sums up (the reference energies are added in double).
double golden_energy_bound(const GoldenSet& set, const GoldenCase& golden);

/// What comes on top of either bound where a structure is no molecule. Dimers pressed far inside
/// any molecule (forces above 20 eV/Angstrom, up to 425) blow the features up, and single precision
/// is relative: 5e-6 of the largest force, measured 4.4e-6. Otherwise 0.
double beyond_molecules(const GoldenCase& golden);

}  // namespace fusemd::test
