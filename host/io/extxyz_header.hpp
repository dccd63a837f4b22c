// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/extxyz_columns.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// The second line of a frame, understood.
struct ExtxyzHeader {
  std::vector<Column> columns;
  std::optional<double> energy;  ///< eV
  std::optional<Cell> cell;
  std::string group;                  ///< value of trajectory, else of molecule
  std::string molecule;               ///< value of molecule
  std::vector<double> frequencies;    ///< cm-1, of frequencies_cm1
  std::optional<double> temperature;  ///< of temperature_K, if that is a number >= 0
};

/// Reads Properties, Lattice, pbc and energy (names in any case but for energy), and trajectory,
/// molecule and temperature_K as they are in use for training data, frequencies_cm1 as `fusemd
/// relax` writes it; other keys are ignored. Without Properties the line is free text in which the
/// same keys count.
///
/// Lattice gives a cell, periodic in all directions unless pbc says otherwise. An all-zero Lattice
/// with nothing periodic is no cell (some programs write it for molecules).
///
/// Errors   InputError at file:line: with Properties, text that is not key=value or a key twice; a
///          bad Lattice, pbc, energy or frequencies_cm1; a charge, spin or multiplicity other than
///          neutral and closed shell, because no model here knows either.
ExtxyzHeader parse_extxyz_header(std::string_view comment, const std::string& file, long line);

}  // namespace fusemd
