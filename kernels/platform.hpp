// SPDX-License-Identifier: MIT
#pragma once

// What code shared by host and device needs to know of the compiler, and nothing else.

#if defined(__CUDACC__)
#define FUSEMD_HD __host__ __device__  ///< callable from both sides
#else
#define FUSEMD_HD
#endif
