// SPDX-License-Identifier: MIT
#pragma once
// The only file that includes Catch2: Debian 12 has version 2.13 (one header), Ubuntu 24.04
// version 3.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
