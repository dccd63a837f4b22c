// SPDX-License-Identifier: MIT
// Captures and graphs. A graph replays the very work that the stream was given, so that a kernel in
// it runs under the same hooks, schedules and checks as one that is launched by itself.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/device_error.hpp"
#include "kernels/graph.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/executor/capture.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"

namespace fusemd::device {

struct GraphState {
  std::vector<std::function<void()>> nodes;
};

}  // namespace fusemd::device

namespace fusemd::executor {

namespace {

struct Capture {
  std::thread::id thread;
  std::vector<std::function<void()>> nodes;
  std::string spoilt_by;  ///< the call that was refused; empty: none
};

/// By stream. Guarded by the executor's lock.
std::map<Stream, Capture>& captures() {
  static std::map<Stream, Capture> all;
  return all;
}

[[noreturn]] void refuse(const std::string& what) {
  throw DeviceError(DeviceProblem::failed, "graph capture: " + what);
}

void spoil(Capture& capture, const char* call) {
  capture.spoilt_by = call;
  refuse(std::string(call) + " is not permitted while a stream is capturing");
}

}  // namespace

bool record_work(Stream stream, const std::function<void()>& work) {
  const ExecutorLock lock;
  const auto found = captures().find(stream);
  if (found == captures().end()) return false;
  Capture& capture = found->second;
  if (capture.thread != std::this_thread::get_id()) spoil(capture, "work of another thread");
  if (!capture.spoilt_by.empty()) refuse("it was spoilt by " + capture.spoilt_by);
  capture.nodes.push_back(work);
  return true;
}

void refuse_in_capture(const char* call) {
  const ExecutorLock lock;
  for (auto& [stream, capture] : captures()) {
    if (capture.thread == std::this_thread::get_id()) spoil(capture, call);
  }
}

void refuse_of_captured(Stream stream, const char* call) {
  const ExecutorLock lock;
  const auto found = captures().find(stream);
  if (found != captures().end()) spoil(found->second, call);
}

}  // namespace fusemd::executor

namespace fusemd::device {

using executor::captures;
using executor::ExecutorLock;

void begin_capture(Stream stream) {
  const ExecutorLock lock;
  if (stream == nullptr) executor::refuse("the default stream cannot be captured");
  if (captures().contains(stream)) executor::refuse("the stream is capturing already");
  captures()[stream].thread = std::this_thread::get_id();
}

Graph end_capture(Stream stream) {
  const ExecutorLock lock;
  auto capture = captures().extract(stream);
  if (capture.empty()) executor::refuse("the stream is not capturing");
  executor::Capture& recorded = capture.mapped();
  if (recorded.thread != std::this_thread::get_id()) executor::refuse("another thread began it");
  if (!recorded.spoilt_by.empty()) executor::refuse("it was spoilt by " + recorded.spoilt_by);
  return std::make_unique<GraphState>(GraphState{std::move(recorded.nodes)}).release();
}

void abandon_capture(Stream stream) noexcept {
  const ExecutorLock lock;
  captures().erase(stream);
}

void launch(Graph graph, Stream stream) {
  const ExecutorLock lock;
  // CUDA would make it a child graph; nothing here needs that.
  executor::refuse_of_captured(stream, "a launch of a graph");
  count_one(launch_counters().graphs);
  for (const std::function<void()>& node : graph->nodes) executor::submit(stream, node);
}

std::size_t node_count(Graph graph) { return graph->nodes.size(); }

void destroy_graph(Graph graph) noexcept { delete graph; }

}  // namespace fusemd::device
