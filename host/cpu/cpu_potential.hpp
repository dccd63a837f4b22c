// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "host/cpu/instruction_set.hpp"
#include "host/potential.hpp"
#include "weights/model.hpp"

namespace fusemd::cpu {

enum class Filters { table, exact };

/// Scalar type of features and weights. Geometry, positions and energy sums are double in both.
enum class Precision { single, real_double };

struct Options {
  Filters filters = Filters::table;
  std::size_t table_intervals = 512;  ///< of the filter tables, on [0, cutoff]
  std::string instruction_set = "auto";
  std::size_t threads = 1;  ///< that share the evaluation of one structure
  Precision precision = Precision::single;
};

/// The fast CPU engine.
///
/// Source   docs/model.md; tables: docs/decisions/002-tabulated-filters.md.
/// Result   within 4e-5 eV/Angstrom of the reference engine with exact filters on ordinary
/// molecules
///          (float rounding); 512-interval tables add at most 1e-4, 1024 at most 1.5e-5. The same
///          bits for the same positions, instruction set and options, for any number of threads.
/// Errors   InputError for an instruction set that this processor lacks, table_intervals outside
///          16 .. 8192, threads outside 1 .. 1024.
std::unique_ptr<Potential> make_potential(const Model& model, const Options& options = {});

}  // namespace fusemd::cpu
