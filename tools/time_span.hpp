// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace fusemd {

/// "90", "90s", "30m", "2h" in seconds; nothing if it is no time above 0 and up to 1e7 s.
std::optional<double> time_span(const std::string& text);

}  // namespace fusemd
