// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

/// Saves the running context's stack pointer in *save and continues the context whose stack pointer
/// is `target`. Only what the x86-64 System V ABI lets a callee keep is saved, so a switch costs a
/// few nanoseconds; ucontext's costs two system calls.
extern "C" void fusemd_switch_context(void** save, void* target);

namespace fusemd::executor {

/// Prepares a stack so that switching to the returned stack pointer calls `entry`, which must not
/// return. `top` is aligned to 16 bytes.
[[nodiscard]] void* prepare_stack(char* top, void (*entry)());

}  // namespace fusemd::executor
