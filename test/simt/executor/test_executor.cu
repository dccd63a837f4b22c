// SPDX-License-Identifier: MIT
// The executor as tests and host code meet it: schedules, reports, limits, device memory, streams.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernels/device_error.hpp"
#include "kernels/device_memory.hpp"
#include "kernels/graph.hpp"
#include "kernels/grid_barrier.cuh"
#include "kernels/launch_count.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

namespace {

using executor::Config;
using executor::KernelFault;
using executor::ScopedConfig;

/// The DeviceError that a call throws.
void expect_device_error(DeviceProblem problem,
                         const std::string& fragment,
                         const std::function<void()>& call) {
  try {
    call();
  } catch (const DeviceError& error) {
    expect(error.problem() == problem, std::string("another problem: ") + error.what());
    expect(std::string(error.what()).find(fragment) != std::string::npos,
           std::string("\"") + error.what() + "\" does not say \"" + fragment + "\"");
    return;
  }
  throw WrongValue("no DeviceError with \"" + fragment + "\"");
}

std::string report_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const KernelFault& fault) {
    return fault.what();
  }
  throw WrongValue("no KernelFault");
}

void expect_fragments(const std::string& text, const std::vector<std::string>& fragments) {
  for (const std::string& fragment : fragments) {
    expect(text.find(fragment) != std::string::npos,
           "\"" + text + "\" does not say \"" + fragment + "\"");
  }
}

// --- schedules
// ---------------------------------------------------------------------------------------

/// Every thread draws a number when it comes past a counter.
__global__ void order_of_arrival(unsigned* counter, unsigned* order) {
  order[blockIdx.x * blockDim.x + threadIdx.x] = atomicAdd(counter, 1u);
}

std::vector<unsigned> arrivals(bool shuffled, std::uint64_t seed) {
  Config config;
  config.shuffled = shuffled;
  config.seed = seed;
  const ScopedConfig scope(config);
  DeviceArray<unsigned> counter = zeroed<unsigned>(1);
  DeviceArray<unsigned> order(3 * 64);
  simt::launch({.grid = {3}, .block = {64}}, nullptr, order_of_arrival, counter.data(),
               order.data());
  return order.download();
}

void check_schedules() {
  const std::vector<unsigned> in_order = arrivals(false, 0);
  expect(std::is_sorted(in_order.begin(), in_order.end()), "threads and blocks in order");
  std::set<std::vector<unsigned>> schedules;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    schedules.insert(arrivals(true, seed));
    expect(arrivals(true, seed) == arrivals(true, seed), "one seed, one schedule");
  }
  expect(schedules.size() == 20 && !schedules.contains(in_order), "20 seeds, 20 other schedules");
}

__global__ void counted_work(float* x, unsigned* word) {
  FUSEMD_SHARED(float, values, [32]);
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  x[threadIdx.x] = __shfl_xor_sync(simt::kFullWarp, values[threadIdx.x], 1);
  simt::grid_barrier(word);
}

void check_statistics() {
  DeviceArray<float> x(32);
  DeviceArray<unsigned> word = zeroed<unsigned>(1);
  executor::statistics() = {};
  executor::forget_visited_barriers();
  simt::launch({.grid = {1}, .block = {32}, .residency = Residency::all_blocks}, nullptr,
               counted_work, x.data(), word.data());
  const executor::Statistics& counts = executor::statistics();
  expect(counts.launches == 1 && counts.blocks == 1, "launches and blocks");
  expect(counts.block_barriers == 3, "block barriers: one, and two of the grid barrier");
  expect(counts.grid_barriers == 1, "grid barriers, of the one block");
  expect(counts.collectives == 1, "collectives");
  expect(counts.shared_bytes == 32 * sizeof(float), "shared bytes");
  // Read only by name: how often an atomic is tried depends on the spinning.
  expect(counts.atomics >= 2, "atomics");
  expect(executor::visited_barriers().size() == 4, "places of barriers");
}

// --- limits and reports
// --------------------------------------------------------------------------------

__global__ void nothing(float*) {}

void check_refused_launches() {
  const auto launch = [](const LaunchShape& shape) {
    return [shape] { simt::launch(shape, nullptr, nothing, static_cast<float*>(nullptr)); };
  };
  constexpr DeviceProblem kRefused = DeviceProblem::launch_refused;
  expect_device_error(kRefused, "empty grid", launch({.grid = {0}, .block = {32}}));
  expect_device_error(kRefused, "1025 threads", launch({.grid = {1}, .block = {1025}}));
  expect_device_error(kRefused, "65 threads", launch({.grid = {1}, .block = {1, 1, 65}}));
  expect_device_error(kRefused, "too many blocks", launch({.grid = {1, 65536}, .block = {1}}));
  expect_device_error(kRefused, "dynamic shared memory",
                      launch({.grid = {1}, .block = {1}, .shared_bytes = 100 * 1024}));
  expect_device_error(kRefused, "clusters of 17",
                      launch({.grid = {17}, .block = {1}, .cluster = 17}));
  expect_device_error(kRefused, "5 blocks in clusters of 2",
                      launch({.grid = {5}, .block = {1}, .cluster = 2}));
  expect_device_error(kRefused, "all be resident",
                      launch({.grid = {257}, .block = {1}, .residency = Residency::all_blocks}));
}

/// Barriers on two lines, each of which the report must name.
__global__ void two_barriers() {
  if (threadIdx.x == 0) {
    __syncthreads();  // first barrier
  } else {
    __syncthreads();  // second barrier
  }
}
constexpr unsigned kSecondBarrier = __LINE__ - 3;
constexpr unsigned kFirstBarrier = kSecondBarrier - 2;

void check_report() {
  const std::string text =
      report_of([] { simt::launch({.grid = {1}, .block = {2}}, nullptr, two_barriers); });
  expect_fragments(text, {"divergent barrier", "test_executor.cu:" + std::to_string(kFirstBarrier),
                          "test_executor.cu:" + std::to_string(kSecondBarrier), "block 0"});
}

// --- device memory
// -------------------------------------------------------------------------------------

void check_device_memory() {
  const std::size_t before = executor::live_allocations();
  {
    DeviceArray<unsigned char> bytes(1000);
    expect(reinterpret_cast<std::uintptr_t>(bytes.data()) % 256 == 0, "aligned to 256 bytes");
    device::fill_bytes(bytes.data(), 7, 1000, nullptr);
    DeviceArray<unsigned char> copy(1000);
    device::copy_on_device(copy.data(), bytes.data(), 1000, nullptr);
    expect(copy.download() == std::vector<unsigned char>(1000, 7), "filled and copied bytes");
    expect_device_error(DeviceProblem::failed, "leaves its device buffer",
                        [&] { device::fill_bytes(bytes.data() + 1, 0, 1000, nullptr); });
    expect_device_error(DeviceProblem::failed, "leaves its device buffer", [&] {
      unsigned char host[8] = {};
      device::copy_to_host(host, host, 8, nullptr);
    });
    expect(executor::live_allocations() == before + 2, "live buffers");
  }
  expect(executor::live_allocations() == before, "buffers released");
  expect(device::allocate(0) == nullptr, "no bytes, no buffer");
  device::release(nullptr);

  executor::fail_allocation(2);
  DeviceArray<float> first(10);
  expect_device_error(DeviceProblem::out_of_memory, "40 bytes",
                      [] { DeviceArray<float> second(10); });
  DeviceArray<float> third(10);

  Config small = executor::config();
  small.device.memory_bytes = 1 << 20;
  const ScopedConfig scope(small);
  expect_device_error(DeviceProblem::out_of_memory, "out of device memory",
                      [] { DeviceArray<float> large(1 << 20); });
}

// --- streams
// -------------------------------------------------------------------------------------------

constexpr LaunchShape kOneThread{.grid = {1}, .block = {1}};

__global__ void add_one(float* x) { x[threadIdx.x] += 1.0f; }
__global__ void double_it(float* x) { x[threadIdx.x] *= 2.0f; }

/// (x + 1) * 2 with the two steps in two streams, with or without an event between them.
float across_streams(bool with_event) {
  DeviceArray<float> x(std::vector<float>{3.0f});
  const Stream first = device::create_stream();
  const Stream second = device::create_stream();
  const device::Event done = device::create_event();
  simt::launch(kOneThread, first, add_one, x.data());
  if (with_event) {
    device::record(done, first);
    device::wait(second, done);
  }
  simt::launch(kOneThread, second, double_it, x.data());
  device::synchronize(first);
  device::synchronize(second);
  const float result = x.download()[0];
  device::destroy_event(done);
  device::destroy_stream(first);
  device::destroy_stream(second);
  return result;
}

void check_streams() {
  Config config;
  config.streams = executor::StreamOrder::deferred;
  std::set<float> without;
  for (config.seed = 1; config.seed <= 20; ++config.seed) {
    const ScopedConfig scope(config);
    expect(across_streams(true) == 8.0f, "the event orders the streams");
    without.insert(across_streams(false));
  }
  expect(without == std::set<float>{7.0f, 8.0f}, "without it both orders occur");

  // Host memory that is touched before the stream is synchronised.
  const ScopedConfig scope(config);
  DeviceArray<float> x(1);
  const Stream stream = device::create_stream();
  float host = 1.0f;
  device::copy_to_device(x.data(), &host, sizeof host, stream);
  host = 2.0f;
  device::synchronize(stream);
  float back = 0.0f;
  device::copy_to_host(&back, x.data(), sizeof back, stream);
  expect(back == 0.0f, "a copy to the host waits for its stream");
  const device::Event copied = device::create_event();
  device::record(copied, stream);
  device::synchronize(copied);
  expect(back == 2.0f, "a copy from the host reads late");
  device::destroy_event(copied);
  device::destroy_stream(stream);
}

// --- captured graphs
// -------------------------------------------------------------------------------------

/// (x + 1) * 2 as a graph: recorded once, done at each launch, by whatever stream.
void check_graph() {
  DeviceArray<float> x(std::vector<float>{3.0f});
  const Stream stream = device::create_stream();
  const Stream other = device::create_stream();
  device::begin_capture(stream);
  simt::launch(kOneThread, stream, add_one, x.data());
  simt::launch(kOneThread, stream, double_it, x.data());
  const device::Graph graph = device::end_capture(stream);
  device::synchronize(stream);
  expect(device::node_count(graph) == 2, "two nodes");
  expect(x.download()[0] == 3.0f, "what is captured is not done");
  executor::statistics() = {};
  const device::LaunchNumbers before = device::launch_numbers();
  device::launch(graph, stream);
  device::synchronize(stream);
  expect(x.download()[0] == 8.0f, "done by the first launch");
  device::launch(graph, other);
  device::launch(graph, other);
  device::synchronize(other);
  expect(x.download()[0] == 38.0f, "and by the others");
  const device::LaunchNumbers numbers = device::launch_numbers() - before;
  expect(numbers.graphs == 3 && numbers.kernels == 0, "launches by the host");
  expect(executor::statistics().launches == 6, "launches of kernels in graphs");
  expect(numbers.stream_waits == 4, "times that the host waited");
  device::launch(graph, stream);
  device::destroy_graph(graph);
  device::synchronize(stream);
  expect(x.download()[0] == 78.0f, "a launch outlives its graph");
  device::destroy_graph(nullptr);
  device::destroy_stream(stream);
  device::destroy_stream(other);
}

/// Streams that run as late as they may: a graph's work stands in its stream's order.
void check_deferred_graph() {
  Config config;
  config.streams = executor::StreamOrder::deferred;
  for (config.seed = 1; config.seed <= 5; ++config.seed) {
    const ScopedConfig scope(config);
    check_graph();
  }
}

/// What CUDA refuses while a stream is capturing spoils the capture; a new one can begin.
void check_refused_in_capture() {
  DeviceArray<float> x(std::vector<float>{3.0f});
  const Stream stream = device::create_stream();
  const device::Event event = device::create_event();
  constexpr DeviceProblem kFailed = DeviceProblem::failed;
  float host = 0.0f;
  const std::vector<std::pair<std::string, std::function<void()>>> refused = {
      {"waiting for a stream", [&] { device::synchronize(stream); }},
      {"waiting for an event", [&] { device::synchronize(event); }},
      {"waiting for an event", [&] { device::wait(stream, event); }},
      {"recording an event", [&] { device::record(event, stream); }},
      {"allocating device memory", [] { DeviceArray<float> y(1); }},
      {"allocating page-locked memory", [] { (void)device::allocate_pinned(4); }},
      {"capturing already", [&] { device::begin_capture(stream); }},
  };
  for (const auto& [words, call] : refused) {
    device::begin_capture(stream);
    simt::launch(kOneThread, stream, add_one, x.data());
    expect_device_error(kFailed, words, call);
    if (words != "capturing already") {
      expect_device_error(kFailed, "spoilt by " + words,
                          [&] { simt::launch(kOneThread, stream, add_one, x.data()); });
      expect_device_error(kFailed, "spoilt by " + words,
                          [&] { (void)device::end_capture(stream); });
    }
    device::abandon_capture(stream);
  }
  // A release does not throw: the capture tells, and the memory leaks.
  const std::size_t before = executor::live_allocations();
  void* memory = device::allocate(4);
  device::begin_capture(stream);
  device::release(memory);
  expect_device_error(kFailed, "spoilt by releasing device memory",
                      [&] { (void)device::end_capture(stream); });
  expect(executor::live_allocations() == before + 1, "not released");
  device::release(memory);

  expect_device_error(kFailed, "not capturing", [&] { (void)device::end_capture(stream); });
  expect_device_error(kFailed, "default stream", [] { device::begin_capture(nullptr); });
  device::abandon_capture(stream);  // nothing to abandon
  // Other streams work while this one captures.
  device::begin_capture(stream);
  const Stream other = device::create_stream();
  simt::launch(kOneThread, other, add_one, x.data());
  device::copy_to_host(&host, x.data(), sizeof host, stream);
  device::destroy_graph(device::end_capture(stream));
  device::synchronize(other);
  expect(x.download()[0] == 4.0f && host == 0.0f, "captured, and not");
  device::destroy_event(event);
  device::destroy_stream(stream);
  device::destroy_stream(other);
}

const RegisterKernelCase kSchedules("schedules differ by seed and repeat", check_schedules);
const RegisterKernelCase kStatistics("statistics count", check_statistics);
const RegisterKernelCase kRefused("launches that a device refuses", check_refused_launches);
const RegisterKernelCase kReport("a report names both lines", check_report);
const RegisterKernelCase kDeviceMemory("device memory", check_device_memory);
const RegisterKernelCase kStreams("streams and events, deferred", check_streams);
const RegisterKernelCase kGraph("a captured graph", check_graph);
const RegisterKernelCase kDeferredGraph("a captured graph, deferred", check_deferred_graph);
const RegisterKernelCase kRefusedInCapture("calls that a capture refuses",
                                           check_refused_in_capture);

}  // namespace

}  // namespace fusemd::test
