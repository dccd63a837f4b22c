// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "test/simt/cuts/barrier_sites.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::cuts {

/// What became of one barrier when it was cut.
struct CutResult {
  BarrierSite site;
  executor::Cut cut;
  enum class Noticed {
    by_report,      ///< the checker or the executor threw KernelFault
    by_values,      ///< only the case's own comparison failed
    by_nothing,     ///< every case that passes the barrier was content
    never_reached,  ///< no case passes the barrier
  } noticed;
  std::string case_name;  ///< of the case that noticed
  std::string report;     ///< its first line
};

/// Cuts every barrier in the files, one at a time and in both ways, and runs the cases that pass it
/// until one notices. Needs a checked program.
///
/// Errors   std::runtime_error if a case fails with no barrier cut, or passes a barrier in one of
/// the
///          files that the list of sites lacks.
[[nodiscard]] std::vector<CutResult> cut_every_barrier(const std::vector<std::string>& files,
                                                       const std::vector<test::KernelCase>& cases);

/// Prints a line a cut and a summary. Whether every cut was noticed.
[[nodiscard]] bool print_cuts(const std::vector<CutResult>& results);

}  // namespace fusemd::cuts
