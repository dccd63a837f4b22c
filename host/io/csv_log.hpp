// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "host/md/sample.hpp"

namespace fusemd {

/// First line of log.csv, with its line end: the names of the columns carry their units.
inline constexpr std::string_view kLogHeader =
    "step,time_fs,replica,potential_energy_eV,kinetic_energy_eV,total_energy_eV,"
    "conserved_energy_eV,temperature_K\n";

/// Appends one row; every number reads back as the same double.
void append_log_row(std::string& text, const LogRow& row);

}  // namespace fusemd
