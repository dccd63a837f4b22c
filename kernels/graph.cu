// SPDX-License-Identifier: MIT
// kernels/graph.hpp on the CUDA runtime. No kernels, hence no cost model.
#include <memory>

#include "kernels/cuda_check.cuh"
#include "kernels/graph.hpp"
#include "kernels/launch_count.hpp"

namespace fusemd::device {

struct GraphState {
  cudaGraphExec_t executable = nullptr;
  std::size_t n_nodes = 0;
};

void begin_capture(Stream stream) {
  // Other threads go on as they like: streams of theirs are no part of the graph.
  FUSEMD_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
}

Graph end_capture(Stream stream) {
  cudaGraph_t graph = nullptr;
  FUSEMD_CUDA(cudaStreamEndCapture(stream, &graph));
  // What was recorded goes when this function ends; the executable form is a copy.
  const auto destroy = [](cudaGraph_t recorded) { (void)cudaGraphDestroy(recorded); };
  const std::unique_ptr<CUgraph_st, decltype(destroy)> owner(graph, destroy);
  auto state = std::make_unique<GraphState>();
  FUSEMD_CUDA(cudaGraphGetNodes(graph, nullptr, &state->n_nodes));
  FUSEMD_CUDA(cudaGraphInstantiate(&state->executable, graph, 0));
  return state.release();
}

void abandon_capture(Stream stream) noexcept {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  if (cudaStreamIsCapturing(stream, &status) != cudaSuccess ||
      status == cudaStreamCaptureStatusNone) {
    return;
  }
  cudaGraph_t graph = nullptr;
  (void)cudaStreamEndCapture(stream, &graph);
  if (graph != nullptr) (void)cudaGraphDestroy(graph);
  (void)cudaGetLastError();  // an invalidated capture reports itself once more
}

void launch(Graph graph, Stream stream) {
  count_one(launch_counters().graphs);
  FUSEMD_CUDA(cudaGraphLaunch(graph->executable, stream));
}

std::size_t node_count(Graph graph) { return graph->n_nodes; }

void destroy_graph(Graph graph) noexcept {
  if (graph == nullptr) return;
  (void)cudaGraphExecDestroy(graph->executable);
  delete graph;
}

}  // namespace fusemd::device
