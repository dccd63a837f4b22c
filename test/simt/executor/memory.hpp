// SPDX-License-Identifier: MIT
#pragma once
// The memory of the imitated device: fibers' stacks, blocks' shared memory, and device buffers.

#include <cstddef>
#include <functional>

#include "kernels/platform.hpp"

namespace fusemd::executor {

inline constexpr std::size_t kRedZone = 64;  ///< around every shared object
inline constexpr std::size_t kArenaBytes = std::size_t{512} << 10;
inline constexpr unsigned char kPoison = 0xFF;  ///< a NaN as a float, -1 as an index

/// Whether AddressSanitizer watches: it then reports stray accesses itself, and hides red zones
/// from us.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// Larger under AddressSanitizer, whose red zones go into every frame.
inline constexpr std::size_t kStackBytes = std::size_t{kAddressSanitizer ? 256 : 64} << 10;

/// A fiber's stack, its lowest byte; the page below it is inaccessible. Pooled.
[[nodiscard]] char* take_stack();
void give_stack(char* stack);

/// Shared memory of one block, kArenaBytes, contents undefined. Pooled.
[[nodiscard]] char* take_arena();
void give_arena(char* arena);

/// AddressSanitizer's view of a range; nothing in other builds.
void hide(const void* memory, std::size_t bytes);
void show(const void* memory, std::size_t bytes);

/// A live device buffer.
struct Allocation {
  char* memory = nullptr;
  std::size_t bytes = 0;
  unsigned number = 0;  ///< counted from 1 in the order of allocation, for reports
};

/// The live buffer on whose pages the address lies (so possibly in its red zone), or null.
[[nodiscard]] const Allocation* find_allocation(const void* address);

/// Whether the address lies where device buffers are made, live or not.
[[nodiscard]] bool is_device_address(const void* address);

/// The first buffer beside which bytes were overwritten, or null.
[[nodiscard]] const Allocation* damaged_allocation();

/// Device buffers are open while a kernel runs. In AddressSanitizer builds host code that touches
/// one at any other time is reported.
void open_device_memory();
void close_device_memory();

/// Makes the n-th device allocation from now on fail as if memory had run out; 0 turns it off.
void fail_allocation(unsigned n);

/// Device buffers that are live now: 0 at the end of a test that leaks nothing.
[[nodiscard]] std::size_t live_allocations();

/// Held by every call from host code: one host thread at a time uses the device.
class ExecutorLock {
 public:
  ExecutorLock();
  ~ExecutorLock();
  ExecutorLock(const ExecutorLock&) = delete;
  ExecutorLock& operator=(const ExecutorLock&) = delete;
};

/// Gives work to a stream (streams.cpp): done at once or later, by Config::streams.
void submit(Stream stream, std::function<void()> work);

/// Does all work of all streams, as freeing device memory does.
void finish_all_streams();

}  // namespace fusemd::executor
