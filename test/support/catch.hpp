// SPDX-License-Identifier: MIT
#pragma once
<<<<<<< HEAD
// The only file that includes Catch2: Debian 12 has version 2.13 (one header), Ubuntu 24.04 has
=======
// The only file that includes Catch2: Debian 12 has version 2.13 (one header), Ubuntu 24.04
>>>>>>> 19ca3e6 (Test dynamics against closed forms, distributions and their own bits)
// version 3.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
