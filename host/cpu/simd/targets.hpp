// SPDX-License-Identifier: MIT
#pragma once
// Included before any Highway header: which instruction sets Highway compiles the *-inl.h files
// for. Newer Highways know more targets than these three; they gain nothing here and cost build
// time.

#define HWY_DISABLED_TARGETS (~(HWY_SSE4 | HWY_AVX2 | HWY_AVX3))
