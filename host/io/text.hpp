// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fusemd {

/// Appends the shortest decimal that reads back as the same double ("0.1", "1e-07", "3.0"): always
/// recognisable as a real number, as readers that guess types need. Not finite: "nan", "inf".
void append_real(std::string& text, double value);

void append_integer(std::string& text, std::int64_t value);

/// The whole of `token` as a real number: sign, decimals, exponent with e, E, d or D (Fortran).
/// Empty if it is anything else. "nan" and "inf" are read as what they say, too large numbers as
/// infinity.
std::optional<double> parse_real(std::string_view token);

/// The whole of `token` as an integer; empty if it is not one or does not fit.
std::optional<std::int64_t> parse_integer(std::string_view token);

/// Removes blanks (space, tab, CR, VT, FF) at both ends.
std::string_view trimmed(std::string_view text);

/// Cuts the first blank-separated word off the front of `rest`; empty when there is none left.
std::string_view next_word(std::string_view& rest);

/// A piece of a user's file as a message shows it: in quotes, control characters escaped,
/// shortened.
std::string shown(std::string_view text);

/// Lower-case copy (ASCII).
std::string lower(std::string_view text);

}  // namespace fusemd
