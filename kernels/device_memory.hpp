// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "kernels/platform.hpp"

/// Device memory, streams and events: the few calls that host code makes to a device besides
/// launchers. Two implementations, chosen when a program is linked: kernels/device_memory.cu on the
/// CUDA runtime, and the executor's (test/simt/executor/device_memory.cpp), which registers every
/// buffer so that an access outside it is reported.
///
/// Errors   every function throws DeviceError (kernels/device_error.hpp), but for the release and
///          destroy functions, which accept nullptr and do not throw.
namespace fusemd::device {

/// Uninitialised device memory, aligned to 256 bytes. bytes = 0 gives nullptr.
[[nodiscard]] void* allocate(std::size_t bytes);
void release(void* memory) noexcept;

/// Page-locked host memory: what asynchronous copies need to be asynchronous.
[[nodiscard]] void* allocate_pinned(std::size_t bytes);
void release_pinned(void* memory) noexcept;

/// Copies in stream order. The host side must stay untouched until the stream is synchronised.
void copy_to_device(void* device, const void* host, std::size_t bytes, Stream stream);
void copy_to_host(void* host, const void* device, std::size_t bytes, Stream stream);
void copy_on_device(void* target, const void* source, std::size_t bytes, Stream stream);
void fill_bytes(void* device, unsigned char value, std::size_t bytes, Stream stream);

[[nodiscard]] Stream create_stream();
void destroy_stream(Stream stream) noexcept;
void synchronize(Stream stream);

/// A point in a stream's order. Opaque; made by create_event.
struct EventState;
using Event = EventState*;
[[nodiscard]] Event create_event();
void destroy_event(Event event) noexcept;
void record(Event event, Stream stream);
void wait(Stream stream, Event event);  ///< later work of `stream` comes after the recorded point
void synchronize(Event event);

/// An event that also keeps the device's time, for benchmarks.
[[nodiscard]] Event create_timing_event();
/// Seconds between two recorded timing events that were synchronised. The executor, which knows no
/// time, counts a microsecond for each kernel, copy and fill between them.
[[nodiscard]] double elapsed_seconds(Event begin, Event end);

}  // namespace fusemd::device
