// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd::test {

/// Calls of operator new so far, by any thread. A test program that wants it lists
/// test/support/allocation_count.cpp among its sources, which replaces the global operators.
long allocation_count();

}  // namespace fusemd::test
