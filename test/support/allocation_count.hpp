// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace fusemd::test {

/// Calls of operator new so far, by any thread. A test program that wants it lists
/// test/support/allocation_count.cpp among its sources, which replaces the global operators.
long allocation_count();

/// How many of them are not yet deleted.
long live_allocations();

/// The n-th call of operator new from here on, by any thread, fails; 0: none does.
void fail_allocation(long n);

/// Whether a call has failed since fail_allocation() was last called with n > 0.
bool allocation_failed();

/// Whether a function with `part` in its mangled name was under way when it did. The test program's
/// own functions have names only with ENABLE_EXPORTS.
bool allocation_failed_in(std::string_view part);

}  // namespace fusemd::test
