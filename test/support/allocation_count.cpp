// SPDX-License-Identifier: MIT
#include "test/support/allocation_count.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <new>

namespace {

std::atomic<long> count{0};
std::atomic<long> live{0};
std::atomic<long> until_failure{0};  // 0: never
std::atomic<bool> has_failed{false};
std::array<void*, 64> calls_at_failure;  // innermost first
int n_calls_at_failure = 0;

/// Counts a call; whether it has to fail.
bool fails() {
  ++count;
  if (until_failure.load(std::memory_order_relaxed) == 0 || --until_failure != 0) return false;
  n_calls_at_failure =
      ::backtrace(calls_at_failure.data(), static_cast<int>(calls_at_failure.size()));
  has_failed = true;
  return true;
}

void* counted(void* memory) {
  if (memory != nullptr) ++live;
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) --live;
  std::free(memory);
}

void* allocate(std::size_t size) {
  if (fails()) return nullptr;
  return counted(std::malloc(size == 0 ? 1 : size));
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  if (fails()) return nullptr;
  const auto a = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(a, (size + a - 1) / a * a));
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Every form, because sanitizers bring their own and notice memory that crosses from one to
// another. g++ does not see that the memory below is malloc's wherever it is inlined.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t n) { return or_throw(allocate(n)); }
void* operator new[](std::size_t n) { return or_throw(allocate(n)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate(n); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate(n); }
void* operator new(std::size_t n, std::align_val_t a) { return or_throw(allocate(n, a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return or_throw(allocate(n, a)); }
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, std::size_t) noexcept { release(p); }
void operator delete[](void* p, std::size_t) noexcept { release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { release(p); }

namespace fusemd::test {

long allocation_count() { return count; }
long live_allocations() { return live; }

void fail_allocation(long n) {
  if (n > 0) has_failed = false;
  until_failure = n;
}

bool allocation_failed() { return has_failed; }

bool allocation_failed_in(std::string_view part) {
  for (int k = 0; k < n_calls_at_failure; ++k) {
    Dl_info call = {};
    if (::dladdr(calls_at_failure[static_cast<std::size_t>(k)], &call) == 0) continue;
    if (call.dli_sname == nullptr) continue;
    if (std::string_view(call.dli_sname).find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace fusemd::test
