// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace fusemd::benchmarks {

/// The processor by the name that the operating system has for it, with family and model numbers
/// ("AMD EPYC, family 25 model 17"); "unknown" where it does not say.
std::string processor_name();

/// Processors that this process may use.
std::size_t available_processors();

/// "AMD EPYC, family 25 model 17, 2 processors": what a baseline must have in common with a
/// measurement.
std::string machine_name();

/// Now, "2026-11-28T07:00:00Z".
std::string utc_date();

}  // namespace fusemd::benchmarks
