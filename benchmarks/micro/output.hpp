// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "benchmarks/micro/measure.hpp"

namespace fusemd::benchmarks {

/// "1.234 us", "12.3 ms": four digits and a unit that suits.
std::string time_text(double seconds);

/// One line a case, columns aligned.
std::string micro_table(const std::vector<MicroResult>& results);

/// The same figures, comma separated, with a header line; seconds, flops and bytes.
std::string micro_csv(const std::vector<MicroResult>& results);

}  // namespace fusemd::benchmarks
