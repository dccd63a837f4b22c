// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace fusemd::checker {

/// One access of kernel text, as instrumentation or translated PTX announces it, before it happens.
/// Does nothing outside kernels. A program that calls this has the checker: every launch is judged,
/// and what it finds is thrown as executor::KernelFault.
void instrumented_access(const void* address, std::size_t bytes, bool write, const void* pc);

}  // namespace fusemd::checker
