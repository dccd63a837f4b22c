// SPDX-License-Identifier: MIT
// kernels/device_memory.hpp on the CUDA runtime. No kernels, hence no cost model.
#include "kernels/cuda_check.cuh"
#include "kernels/device_memory.hpp"
#include "kernels/launch_count.hpp"

namespace fusemd::device {

void* allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  FUSEMD_CUDA(cudaMalloc(&memory, bytes));
  return memory;
}

// Errors of the release functions are those of earlier asynchronous work, which its own
// synchronisation reports; a destructor has nobody to tell.
void release(void* memory) noexcept { (void)cudaFree(memory); }

void* allocate_pinned(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  FUSEMD_CUDA(cudaMallocHost(&memory, bytes));
  return memory;
}

void release_pinned(void* memory) noexcept { (void)cudaFreeHost(memory); }

void copy_to_device(void* device, const void* host, std::size_t bytes, Stream stream) {
  FUSEMD_CUDA(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream));
}

void copy_to_host(void* host, const void* device, std::size_t bytes, Stream stream) {
  FUSEMD_CUDA(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream));
}

void copy_on_device(void* target, const void* source, std::size_t bytes, Stream stream) {
  FUSEMD_CUDA(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, stream));
}

void fill_bytes(void* device, unsigned char value, std::size_t bytes, Stream stream) {
  FUSEMD_CUDA(cudaMemsetAsync(device, value, bytes, stream));
}

Stream create_stream() {
  cudaStream_t stream = nullptr;
  FUSEMD_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

void destroy_stream(Stream stream) noexcept {
  if (stream != nullptr) (void)cudaStreamDestroy(stream);
}

void synchronize(Stream stream) {
  count_one(launch_counters().stream_waits);
  FUSEMD_CUDA(cudaStreamSynchronize(stream));
}

namespace {

cudaEvent_t runtime_event(Event event) { return reinterpret_cast<cudaEvent_t>(event); }

}  // namespace

Event create_event() {
  cudaEvent_t event = nullptr;
  FUSEMD_CUDA(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return reinterpret_cast<Event>(event);
}

void destroy_event(Event event) noexcept {
  if (event != nullptr) (void)cudaEventDestroy(runtime_event(event));
}

void record(Event event, Stream stream) {
  FUSEMD_CUDA(cudaEventRecord(runtime_event(event), stream));
}

void wait(Stream stream, Event event) {
  FUSEMD_CUDA(cudaStreamWaitEvent(stream, runtime_event(event), 0));
}

void synchronize(Event event) {
  count_one(launch_counters().event_waits);
  FUSEMD_CUDA(cudaEventSynchronize(runtime_event(event)));
}

Event create_timing_event() {
  cudaEvent_t event = nullptr;
  FUSEMD_CUDA(cudaEventCreate(&event));
  return reinterpret_cast<Event>(event);
}

double elapsed_seconds(Event begin, Event end) {
  float milliseconds = 0.0f;
  FUSEMD_CUDA(cudaEventElapsedTime(&milliseconds, runtime_event(begin), runtime_event(end)));
  return 1e-3 * static_cast<double>(milliseconds);
}

}  // namespace fusemd::device
