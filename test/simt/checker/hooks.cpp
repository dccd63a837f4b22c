// SPDX-License-Identifier: MIT
// The functions that -fsanitize=thread makes compilers call, with our checker behind them instead
// of libtsan. Kernel text is compiled with the flag; nothing is linked with it.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "test/simt/checker/checker.hpp"

#define FUSEMD_PC __builtin_return_address(0)

namespace {

void read(const void* address, std::size_t bytes, const void* pc) {
  fusemd::checker::instrumented_access(address, bytes, false, pc);
}
void write(const void* address, std::size_t bytes, const void* pc) {
  fusemd::checker::instrumented_access(address, bytes, true, pc);
}

}  // namespace

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

#define FUSEMD_ACCESS_HOOKS(bytes)                                                        \
  void __tsan_read##bytes(void* address) { read(address, bytes, FUSEMD_PC); }             \
  void __tsan_write##bytes(void* address) { write(address, bytes, FUSEMD_PC); }           \
  void __tsan_unaligned_read##bytes(void* address) { read(address, bytes, FUSEMD_PC); }   \
  void __tsan_unaligned_write##bytes(void* address) { write(address, bytes, FUSEMD_PC); } \
  void __tsan_volatile_read##bytes(void* address) { read(address, bytes, FUSEMD_PC); }    \
  void __tsan_volatile_write##bytes(void* address) { write(address, bytes, FUSEMD_PC); }  \
  void __tsan_read_write##bytes(void* address) {                                          \
    read(address, bytes, FUSEMD_PC);                                                      \
    write(address, bytes, FUSEMD_PC);                                                     \
  }

FUSEMD_ACCESS_HOOKS(1)
FUSEMD_ACCESS_HOOKS(2)
FUSEMD_ACCESS_HOOKS(4)
FUSEMD_ACCESS_HOOKS(8)
FUSEMD_ACCESS_HOOKS(16)

void __tsan_read_range(void* address, std::size_t bytes) { read(address, bytes, FUSEMD_PC); }
void __tsan_write_range(void* address, std::size_t bytes) { write(address, bytes, FUSEMD_PC); }

void* __tsan_memcpy(void* target, const void* source, std::size_t bytes) {
  read(source, bytes, FUSEMD_PC);
  write(target, bytes, FUSEMD_PC);
  return std::memcpy(target, source, bytes);
}
void* __tsan_memmove(void* target, const void* source, std::size_t bytes) {
  read(source, bytes, FUSEMD_PC);
  write(target, bytes, FUSEMD_PC);
  return std::memmove(target, source, bytes);
}
void* __tsan_memset(void* target, int value, std::size_t bytes) {
  write(target, bytes, FUSEMD_PC);
  return std::memset(target, value, bytes);
}

// Host code of an instrumented source file (reference counts, guards of statics) uses atomics.
// Kernel text has its own (kernels/simt.cuh) and never comes here.
#define FUSEMD_ATOMIC_HOOKS(bits)                                                                \
  using Word##bits = std::uint##bits##_t;                                                        \
  Word##bits __tsan_atomic##bits##_load(const volatile Word##bits* word, int) {                  \
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);                                              \
  }                                                                                              \
  void __tsan_atomic##bits##_store(volatile Word##bits* word, Word##bits value, int) {           \
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);                                             \
  }                                                                                              \
  Word##bits __tsan_atomic##bits##_exchange(volatile Word##bits* word, Word##bits value, int) {  \
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);                                   \
  }                                                                                              \
  Word##bits __tsan_atomic##bits##_fetch_add(volatile Word##bits* word, Word##bits value, int) { \
    return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                              \
  Word##bits __tsan_atomic##bits##_fetch_sub(volatile Word##bits* word, Word##bits value, int) { \
    return __atomic_fetch_sub(word, value, __ATOMIC_SEQ_CST);                                    \
  }                                                                                              \
  int __tsan_atomic##bits##_compare_exchange_strong(                                             \
      volatile Word##bits* word, Word##bits* expected, Word##bits value, int, int) {             \
    return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_SEQ_CST,           \
                                       __ATOMIC_SEQ_CST)                                         \
               ? 1                                                                               \
               : 0;                                                                              \
  }

FUSEMD_ATOMIC_HOOKS(8)
FUSEMD_ATOMIC_HOOKS(16)
FUSEMD_ATOMIC_HOOKS(32)
FUSEMD_ATOMIC_HOOKS(64)

void __tsan_atomic_thread_fence(int) {}
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"
