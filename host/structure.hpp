// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "host/vec3.hpp"

namespace fusemd {

/// A periodic cell: rows are lattice vectors in Angstrom, and which of them repeat.
struct Cell {
  std::array<Vec3, 3> vectors{};
  std::array<bool, 3> periodic{};
};

/// One frame of an extended XYZ file, or the start of a replica. Every vector that is not empty has
/// one entry an atom.
struct Structure {
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;                  ///< Angstrom
  std::vector<double> masses;                   ///< amu; empty: standard atomic weights
  std::optional<std::vector<Vec3>> velocities;  ///< Angstrom/fs
  std::optional<double> energy;                 ///< eV
  std::optional<std::vector<Vec3>> forces;      ///< eV/Angstrom
  std::optional<Cell> cell;
  std::string name;      ///< for messages: the file's name and the frame's number
  std::string group;     ///< of frames that belong together, such as those of one trajectory
  std::string molecule;  ///< value of the key molecule
  std::optional<double> temperature;  ///< K, that the frame was sampled at
  std::vector<double> frequencies;    ///< harmonic ones, cm-1, of a relaxed molecule; mostly none

  std::size_t size() const { return atomic_numbers.size(); }
};

}  // namespace fusemd
