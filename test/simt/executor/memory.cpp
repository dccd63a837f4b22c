// SPDX-License-Identifier: MIT
#include "test/simt/executor/memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <sys/mman.h>
#include <vector>

#include "kernels/device_error.hpp"
#include "kernels/device_memory.hpp"
#include "test/simt/executor/capture.hpp"
#include "test/simt/executor/runtime.hpp"

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __asan_poison_memory_region(const volatile void*, std::size_t);
extern "C" void __asan_unpoison_memory_region(const volatile void*, std::size_t);
#endif

namespace fusemd::executor {

namespace {

constexpr std::size_t kPage = 4096;

char* map_memory(std::size_t bytes, int protection) {
  void* memory =
      mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

std::vector<char*>& free_stacks() {
  static std::vector<char*> stacks;
  return stacks;
}

std::vector<char*>& free_arenas() {
  static std::vector<char*> arenas;
  return arenas;
}

char* pop(std::vector<char*>& pool) {
  char* memory = pool.back();
  pool.pop_back();
  return memory;
}

}  // namespace

char* take_stack() {
  std::vector<char*>& pool = free_stacks();
  if (!pool.empty()) return pop(pool);
  char* memory = map_memory(kPage + kStackBytes, PROT_READ | PROT_WRITE);
  if (mprotect(memory, kPage, PROT_NONE) != 0) throw std::bad_alloc();
  return memory + kPage;
}

void give_stack(char* stack) {
  show(stack, kStackBytes);  // frames left for good leave their red zones behind
  free_stacks().push_back(stack);
}

char* take_arena() {
  std::vector<char*>& pool = free_arenas();
  if (!pool.empty()) return pop(pool);
  char* arena = map_memory(kArenaBytes, PROT_READ | PROT_WRITE);
  hide(arena, kArenaBytes);
  return arena;
}

void give_arena(char* arena) { free_arenas().push_back(arena); }

#if defined(__SANITIZE_ADDRESS__)
void hide(const void* memory, std::size_t bytes) { __asan_poison_memory_region(memory, bytes); }
void show(const void* memory, std::size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
void hide(const void*, std::size_t) {}
void show(const void*, std::size_t) {}
#endif

namespace {

std::recursive_mutex& device_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

ExecutorLock::ExecutorLock() { device_mutex().lock(); }
ExecutorLock::~ExecutorLock() { device_mutex().unlock(); }

// --- device buffers
// ----------------------------------------------------------------------------------
//
// One reserved range of addresses. A buffer takes whole pages of it and ends 256 bytes before an
// inaccessible page; no address is used twice, so a stale pointer is caught for ever.

namespace {

constexpr std::size_t kRegionBytes = std::size_t{64} << 30;
constexpr std::size_t kBufferAlignment = 256;  // what cudaMalloc promises
constexpr std::size_t kBufferRedZone = 256;

struct Pages {
  char* begin;
  char* end;
  Allocation allocation;
};

class DeviceRegion {
 public:
  static DeviceRegion& instance() {
    static DeviceRegion region;
    return region;
  }

  bool contains(const void* address) const {
    const auto* byte = static_cast<const char*>(address);
    return byte >= base_ && byte < base_ + kRegionBytes;
  }

  void* allocate(std::size_t bytes) {
    if (fail_in_ != 0 && --fail_in_ == 0) out_of_memory(bytes);
    if (bytes > config().device.memory_bytes - std::min(config().device.memory_bytes, in_use_)) {
      out_of_memory(bytes);
    }
    const std::size_t rounded =
        (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
    const std::size_t accessible = (rounded + 2 * kBufferRedZone + kPage - 1) / kPage * kPage;
    if (next_ + accessible + kPage > base_ + kRegionBytes) {
      throw DeviceError(DeviceProblem::failed,
                        "the executor has handed out all its device addresses");
    }
    Pages pages{next_, next_ + accessible, {}};
    next_ = pages.end + kPage;
    if (mprotect(pages.begin, accessible, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    std::memset(pages.begin, kPoison, accessible);
    pages.allocation = {pages.end - kBufferRedZone - rounded, bytes, ++count_};
    hide(pages.begin, accessible);
    in_use_ += bytes;
    live_.emplace(pages.begin, pages);
    cached_ = nullptr;
    if (observer != nullptr) observer->memory_allocated(pages.allocation.memory, bytes);
    return pages.allocation.memory;
  }

  void release(void* memory) {
    const Pages* pages = find(memory);
    if (pages == nullptr || pages->allocation.memory != memory) {
      std::fprintf(stderr, "executor: release of %p, which is no live device buffer\n", memory);
      std::abort();
    }
    if (observer != nullptr) observer->memory_released(memory);
    in_use_ -= pages->allocation.bytes;
    const auto bytes = static_cast<std::size_t>(pages->end - pages->begin);
    show(pages->begin, bytes);
    // Fresh inaccessible pages in the old ones' place: the memory goes back to the system.
    (void)mmap(pages->begin, bytes, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    live_.erase(pages->begin);
    cached_ = nullptr;
  }

  const Pages* find(const void* address) {
    const auto* byte = static_cast<const char*>(address);
    if (cached_ != nullptr && byte >= cached_->begin && byte < cached_->end) return cached_;
    auto after = live_.upper_bound(byte);
    if (after == live_.begin()) return nullptr;
    const Pages& pages = std::prev(after)->second;
    if (byte >= pages.end) return nullptr;
    return cached_ = &pages;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [begin, pages] : live_) visit(pages);
  }

  std::size_t live() const { return live_.size(); }
  void fail_in(unsigned n) { fail_in_ = n; }

 private:
  DeviceRegion() : base_(map_memory(kRegionBytes, PROT_NONE)), next_(base_ + kPage) {}

  [[noreturn]] static void out_of_memory(std::size_t bytes) {
    throw DeviceError(DeviceProblem::out_of_memory,
                      "out of device memory: " + std::to_string(bytes) + " bytes asked for");
  }

  char* base_;
  char* next_;
  std::size_t in_use_ = 0;
  unsigned count_ = 0;
  unsigned fail_in_ = 0;
  std::map<const char*, Pages> live_;
  const Pages* cached_ = nullptr;
};

bool all_poison(const char* begin, const char* end) {
  return std::all_of(begin, end,
                     [](char byte) { return static_cast<unsigned char>(byte) == kPoison; });
}

}  // namespace

const Allocation* find_allocation(const void* address) {
  const Pages* pages = DeviceRegion::instance().find(address);
  return pages == nullptr ? nullptr : &pages->allocation;
}

bool is_device_address(const void* address) { return DeviceRegion::instance().contains(address); }

const Allocation* damaged_allocation() {
  const Allocation* damaged = nullptr;
  if (kAddressSanitizer) return damaged;
  DeviceRegion::instance().for_each([&damaged](const Pages& pages) {
    const Allocation& allocation = pages.allocation;
    const char* end = allocation.memory + allocation.bytes;
    if (damaged == nullptr && !(all_poison(allocation.memory - kBufferRedZone, allocation.memory) &&
                                all_poison(end, pages.end))) {
      damaged = &allocation;
    }
  });
  return damaged;
}

void open_device_memory() {
  if (!kAddressSanitizer) return;
  DeviceRegion::instance().for_each(
      [](const Pages& pages) { show(pages.allocation.memory, pages.allocation.bytes); });
}

void close_device_memory() {
  if (!kAddressSanitizer) return;
  DeviceRegion::instance().for_each(
      [](const Pages& pages) { hide(pages.allocation.memory, pages.allocation.bytes); });
}

void fail_allocation(unsigned n) { DeviceRegion::instance().fail_in(n); }

std::size_t live_allocations() { return DeviceRegion::instance().live(); }

namespace {

/// Opens the part of a buffer that a copy touches. Throws where CUDA says cudaErrorInvalidValue.
class OpenRange {
 public:
  OpenRange(const void* memory, std::size_t bytes, const char* what)
      : memory_(memory), bytes_(bytes) {
    const Allocation* allocation = find_allocation(memory);
    const auto* first = static_cast<const char*>(memory);
    if (allocation == nullptr || first < allocation->memory ||
        first + bytes > allocation->memory + allocation->bytes) {
      throw DeviceError(DeviceProblem::failed, std::string(what) + " of " + std::to_string(bytes) +
                                                   " bytes leaves its device buffer");
    }
    show(memory_, bytes_);
  }
  ~OpenRange() { hide(memory_, bytes_); }
  OpenRange(const OpenRange&) = delete;
  OpenRange& operator=(const OpenRange&) = delete;

 private:
  const void* memory_;
  std::size_t bytes_;
};

void written(const void* memory, std::size_t bytes) {
  if (observer != nullptr) observer->memory_written(memory, bytes);
}

}  // namespace

}  // namespace fusemd::executor

namespace fusemd::device {

using executor::OpenRange;

void* allocate(std::size_t bytes) {
  const executor::ExecutorLock lock;
  executor::refuse_in_capture("allocating device memory");
  return bytes == 0 ? nullptr : executor::DeviceRegion::instance().allocate(bytes);
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  const executor::ExecutorLock lock;
  try {
    executor::refuse_in_capture("releasing device memory");
  } catch (const std::exception&) {
    return;  // as on the GPU: the capture is spoilt, and the memory stays where it is
  }
  try {
    executor::finish_all_streams();
  } catch (const std::exception&) {
    // As on the GPU: work that failed is reported by its own synchronisation, not by a release.
  }
  executor::DeviceRegion::instance().release(memory);
}

void* allocate_pinned(std::size_t bytes) {
  executor::refuse_in_capture("allocating page-locked memory");
  return bytes == 0 ? nullptr : ::operator new(bytes);
}

void release_pinned(void* memory) noexcept { ::operator delete(memory); }

void copy_to_device(void* device, const void* host, std::size_t bytes, Stream stream) {
  if (bytes == 0) return;
  executor::submit(stream, [=] {
    const OpenRange target(device, bytes, "copy to the device");
    std::memcpy(device, host, bytes);
    executor::written(device, bytes);
  });
}

void copy_to_host(void* host, const void* device, std::size_t bytes, Stream stream) {
  if (bytes == 0) return;
  executor::submit(stream, [=] {
    const OpenRange source(device, bytes, "copy to the host");
    std::memcpy(host, device, bytes);
  });
}

void copy_on_device(void* target, const void* source, std::size_t bytes, Stream stream) {
  if (bytes == 0) return;
  executor::submit(stream, [=] {
    const OpenRange from(source, bytes, "copy on the device");
    const OpenRange to(target, bytes, "copy on the device");
    std::memmove(target, source, bytes);
    executor::written(target, bytes);
  });
}

void fill_bytes(void* device, unsigned char value, std::size_t bytes, Stream stream) {
  if (bytes == 0) return;
  executor::submit(stream, [=] {
    const OpenRange target(device, bytes, "fill");
    std::memset(device, value, bytes);
    executor::written(device, bytes);
  });
}

}  // namespace fusemd::device
