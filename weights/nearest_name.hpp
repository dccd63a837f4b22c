// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fusemd {

/// The known name that a mistyped one probably meant, for "did you mean" hints; empty if none is
/// near.
///
/// Near: at most max(1, length / 3) insertions, deletions, replacements or swaps of neighbours
/// (optimal string alignment distance), capitals ignored. The first of equally near names wins.
std::string nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace fusemd
