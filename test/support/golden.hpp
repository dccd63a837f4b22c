// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/vec3.hpp"
#include "test/support/source_tree.hpp"

namespace fusemd::test {

/// A structure with the energy and forces that PyTorch's autograd gave for it.
struct GoldenCase {
  std::string name;
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;  ///< Angstrom
  double energy = 0.0;          ///< eV
  std::vector<Vec3> forces;     ///< eV/Angstrom
  /// False where a vector feature vanishes by symmetry in a model with norm_epsilon 0: its force is
  /// decided by rounding, so only the energy can be compared.
  bool forces_well_conditioned = true;
};

/// All cases of a golden file (`reference/golden/` and `seedlings/golden/` have the same layout).
std::vector<GoldenCase> read_golden(const std::filesystem::path& path);

}  // namespace fusemd::test
