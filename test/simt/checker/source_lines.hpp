// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace fusemd::checker {

/// file:line of each program counter: the innermost inlined frame that is kernel text and not a
/// word of kernels/simt.cuh or the executor. Asks addr2line; without it the counters themselves.
[[nodiscard]] std::unordered_map<std::uint32_t, std::string> source_lines(
    const std::vector<std::uint32_t>& counters);

}  // namespace fusemd::checker
