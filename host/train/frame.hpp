// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "host/structure.hpp"
#include "host/train/parameter_layout.hpp"

namespace fusemd::train {

/// A labelled structure in the form that the gradient kernels read.
struct Frame {
  std::vector<std::uint16_t> species;        ///< [n] index into ParameterLayout::elements
  std::vector<Vec3> positions;               ///< [n] Angstrom
  std::vector<std::array<float, 3>> forces;  ///< [n] eV/Angstrom
  double energy = 0.0;                       ///< eV, less the reference energies of its atoms
  std::vector<std::uint32_t> pair_begin;     ///< [n + 1] pairs of atom i with atoms behind it
  std::vector<std::uint32_t> pair_j;         ///< [pairs] within the cutoff

  std::size_t size() const { return species.size(); }
  std::size_t pairs() const { return pair_j.size(); }
};

/// Needs    energy and forces, elements of the layout only.
Frame make_frame(const Structure& structure,
                 const ParameterLayout& layout,
                 const std::map<int, double>& reference_energies);

}  // namespace fusemd::train
