// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "test/simt/executor/executor.hpp"

namespace fusemd::executor {

/// How the barrier at this place is cut now, if it is.
[[nodiscard]] std::optional<Cut> cut_at(const Site& site);

/// Records that a barrier was completed, for visited_barriers().
void note_visited(BarrierKind kind, const Site& site);

/// Whether two places are the same line of the same file. Compares names, since one file's name is
/// a different literal in every object that includes it.
[[nodiscard]] bool same_site(const Site& a, const Site& b);

}  // namespace fusemd::executor
