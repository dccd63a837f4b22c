// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "kernels/platform.hpp"

/// Captured graphs: work that was put into a stream once, to be repeated by one call each time. Two
/// implementations, as of kernels/device_memory.hpp: kernels/graph.cu on the CUDA runtime, and the
/// executor's (test/simt/executor/graphs.cpp).
///
/// Between begin_capture() and end_capture() whatever this thread puts into the stream (launches,
/// copies, fills) is recorded and not done. Kernel arguments are copied when they are recorded;
/// what they point to has to be there at every launch of the graph. Nothing may be waited for,
/// allocated or released meanwhile, and events are no part of a capture: such a call throws, and
/// the capture can only be abandoned.
///
/// Errors   every function throws DeviceError (kernels/device_error.hpp), but for abandon_capture
///          and destroy_graph, which do not throw.
namespace fusemd::device {

struct GraphState;
using Graph = GraphState*;

/// Needs    a stream of create_stream() that is not capturing: the default stream cannot.
void begin_capture(Stream stream);

/// The work recorded since, ready to be launched: owned by the caller.
[[nodiscard]] Graph end_capture(Stream stream);

/// Ends a capture without a graph. Nothing, if the stream is not capturing.
void abandon_capture(Stream stream) noexcept;

/// Puts the recorded work into the stream, in its order. Launches of one graph come one after the
/// other, in whatever streams.
void launch(Graph graph, Stream stream);

/// Kernels, copies and fills in it.
[[nodiscard]] std::size_t node_count(Graph graph);

/// Launches under way are not affected. nullptr is accepted.
void destroy_graph(Graph graph) noexcept;

}  // namespace fusemd::device
