// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fusemd {

/// What fusemd does with a column of an extended XYZ frame.
enum class ColumnUse {
  skipped,
  species,
  atomic_number,
  position,
  velocity,  ///< velo or vel, Angstrom/fs
  momentum,  ///< momenta as ASE has them, sqrt(eV amu)
  force,
  mass,
  charge,
  magnetic_moment,
};

/// One NAME:TYPE:COUNT of a Properties list.
struct Column {
  std::string name;
  ColumnUse use = ColumnUse::skipped;
  std::size_t width = 1;  ///< words it takes in an atom's line
};

/// Reads the value of `Properties=`, "species:S:1:pos:R:3:...".
///
/// Known names: species, Z, pos, velo or vel, momenta, forces or force, masses or mass, and, only
/// to refuse what the models do not know, charges and magnetic moments. Others are skipped by
/// width.
///
/// Errors   InputError at file:line: not a list of triplets, a type other than S, I, R, L, a count
///          outside 1..1000, a known name with another type or count, a name twice, neither species
///          nor Z, no pos, or velocities under a name without an agreed unit.
std::vector<Column> parse_columns(std::string_view properties, const std::string& file, long line);

/// The columns of a file without Properties: species and pos.
std::vector<Column> plain_xyz_columns();

}  // namespace fusemd
