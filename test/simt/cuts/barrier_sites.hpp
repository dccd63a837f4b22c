// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "test/simt/executor/executor.hpp"

namespace fusemd::cuts {

/// A barrier in kernel text.
struct BarrierSite {
  executor::BarrierKind kind;
  std::string name;  ///< as written: __syncthreads, __syncwarp, grid_barrier, ...
  std::string file;
  unsigned line;
};

/// Every barrier in the text of one source file: calls, not definitions; comments and strings do
/// not count. `file` is the name that the sites get.
///
/// Errors   std::runtime_error for what could not be cut by its line: two barriers on one line, a
///          barrier inside a macro.
[[nodiscard]] std::vector<BarrierSite> barrier_sites(const std::string& text,
                                                     const std::string& file);

/// The same for a file on disk.
[[nodiscard]] std::vector<BarrierSite> barrier_sites_of_file(const std::string& path);

}  // namespace fusemd::cuts
