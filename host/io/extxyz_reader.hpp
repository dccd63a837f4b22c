// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/io/line_reader.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// Reads XYZ and extended XYZ files frame by frame.
///
/// Takes the columns of host/io/extxyz_columns.hpp in any order and the keys of
/// host/io/extxyz_header.hpp. Velocities come from velo or vel (Angstrom/fs) or from momenta (ASE's
/// unit, sqrt(eV amu), divided by the masses column or the standard atomic weights). A file may
/// have both, as the ones written by host/io/extxyz_writer.hpp do: then velo counts, and the two
/// must agree. Blank lines may stand between and after frames.
///
/// Source   libAtoms/extxyz, README.md; ASE's ase.io.extxyz for momenta, energy and forces.
///          Differs: what either would guess or skip in silence (a short or long line, a wrong
///          symbol, a key twice) is refused.
/// Work     one pass; memory is the frame's. Nothing is reserved on the word of the file alone.
/// Errors   InputError with file and line: everything that is not a frame as described, coordinates
///          that are not finite or beyond kFarthest, unknown elements, absurd masses, charged or
///          open-shell systems, more than kMostAtoms atoms, or no frame at all.
class ExtxyzReader {
 public:
  static constexpr std::int64_t kMostAtoms = 10'000'000;
  static constexpr double kFarthest = 1e6;        ///< Angstrom
  static constexpr double kFastest = 2997.92458;  ///< Angstrom/fs: the speed of light

  static constexpr double kLightest = 1e-6;  ///< amu; an electron weighs 5e-4
  static constexpr double kHeaviest = 1e6;   ///< amu

  /// "-" is standard input.
  static ExtxyzReader open(const std::string& path) { return ExtxyzReader(LineReader::open(path)); }

  explicit ExtxyzReader(LineReader lines) : lines_(std::move(lines)) {}

  /// The next frame, or nothing at the end of the file. Its name is "FILE, frame N".
  std::optional<Structure> next();

 private:
  LineReader lines_;
  long frames_ = 0;
};

/// All frames of a file ("-": standard input), at least one.
std::vector<Structure> read_extxyz(const std::string& path);

}  // namespace fusemd
