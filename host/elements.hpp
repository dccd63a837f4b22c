// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace fusemd {

/// The table covers atomic numbers 1 to element_count().
int element_count();

/// "C" for 6; empty if the number is outside the table.
std::string_view element_symbol(int atomic_number);

/// 6 for "C" (capitals matter: "CO" is not cobalt); 0 if there is no such element.
int element_from_symbol(std::string_view symbol);

/// Standard atomic weight in amu; 0 if the number is outside the table.
double standard_atomic_weight(int atomic_number);

}  // namespace fusemd
