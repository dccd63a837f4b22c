// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "benchmarks/report/measured.hpp"

namespace fusemd::benchmarks {

/// report.json: everything measured, in seconds, bytes, eV, Angstrom, ps.
std::string report_json(const MeasuredReport& report);

/// Reads it again.
/// Errors   InputError: no such file, not JSON, not made by report_json().
MeasuredReport read_report(const std::string& path);

}  // namespace fusemd::benchmarks
