// SPDX-License-Identifier: MIT
#pragma once
// The only file that includes Catch2: Debian 12 has version 2.13 (one header), Ubuntu 24.04
// version 3.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define FUSEMD_CATCH_CONTAINS Catch::Matchers::ContainsSubstring
#else
#include <catch2/catch.hpp>
#define FUSEMD_CATCH_CONTAINS Catch::Matchers::Contains
#endif

#include <string>

namespace fusemd::test {

/// Matches a text that has `part` in it; the versions name that differently.
inline auto contains_text(const std::string& part) { return FUSEMD_CATCH_CONTAINS(part); }

}  // namespace fusemd::test
