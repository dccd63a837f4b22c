// SPDX-License-Identifier: MIT
#include "test/simt/executor/context.hpp"

#if !defined(__x86_64__)
#error "the executor switches stacks with x86-64 instructions"
#endif

// Callee-saved registers go to the old stack, the stack pointers change places, the new stack gives
// its registers back. The x87 and SSE control words are the same in every fiber and stay.
asm(R"(
.text
.globl fusemd_switch_context
.type fusemd_switch_context, @function
fusemd_switch_context:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size fusemd_switch_context, .-fusemd_switch_context
)");

namespace fusemd::executor {

void* prepare_stack(char* top, void (*entry)()) {
  constexpr int kSavedRegisters = 6;
  // At the first instruction of a function the stack pointer is 8 below a multiple of 16.
  auto** slot = reinterpret_cast<void**>(top) - 2;
  *slot = reinterpret_cast<void*>(entry);
  for (int i = 0; i < kSavedRegisters; ++i) *--slot = nullptr;
  return slot;
}

}  // namespace fusemd::executor
