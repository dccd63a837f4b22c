// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/graph.hpp"

namespace fusemd::cuda {

/// Owns a captured graph.
///
/// Errors   DeviceError from the constructor, and whatever `record` throws: the stream is then as
///          it was before.
class DeviceGraph {
 public:
  /// Records what `record` puts into the stream.
  template <class Record>
  DeviceGraph(Stream stream, const Record& record) {
    device::begin_capture(stream);
    try {
      record();
      graph_ = device::end_capture(stream);
    } catch (...) {
      device::abandon_capture(stream);
      throw;
    }
  }
  ~DeviceGraph() { device::destroy_graph(graph_); }
  DeviceGraph(DeviceGraph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
  DeviceGraph& operator=(DeviceGraph&& other) noexcept {
    std::swap(graph_, other.graph_);
    return *this;
  }
  DeviceGraph(const DeviceGraph&) = delete;
  DeviceGraph& operator=(const DeviceGraph&) = delete;

  void launch(Stream stream) const { device::launch(graph_, stream); }
  std::size_t nodes() const { return device::node_count(graph_); }

 private:
  device::Graph graph_ = nullptr;
};

}  // namespace fusemd::cuda
