// SPDX-License-Identifier: MIT
#include "benchmarks/device/device_stopwatch.hpp"

#include <algorithm>
#include <cmath>

#include "benchmarks/device/device_peak.hpp"
#include "kernels/devices.hpp"
#include "kernels/launch_policy.hpp"

namespace fusemd::benchmarks {
namespace {

/// Every multiprocessor of every part holds this many blocks of 256 threads that need no shared
/// memory and few registers, or almost.
constexpr unsigned kBlocksPerMultiprocessor = 8;

LaunchShape shape_of(const DeviceProbe& probe) {
  return {.grid = {probe.blocks}, .block = {kMaxNodeThreads}};
}

}  // namespace

DeviceProbe device_probe(int multiprocessors) {
  return {.blocks = kBlocksPerMultiprocessor * static_cast<unsigned>(multiprocessors),
          .chain_length = 2048,
          .read_bytes = std::size_t{1} << 30,
          .flush_bytes = std::size_t{256} << 20};
}

DeviceStopwatch::DeviceStopwatch(int device, const DeviceProbe& probe, DeviceCaches caches)
    : device_((device::use_device(device), device)),
      probe_(probe),
      caches_(caches),
      begin_(device::create_timing_event()),
      end_(device::create_timing_event()),
      sums_(std::size_t{probe.blocks} * kMaxNodeThreads),
      flush_(probe.flush_bytes) {}

Window DeviceStopwatch::time(const Subject& subject, std::size_t repeats) {
  device::use_device(device_);
  if (subject.prepare) subject.prepare();
  device::synchronize(Stream{stream_});
  const bool hot = caches_ == DeviceCaches::hot;
  return {.seconds = hot ? time_hot(subject, repeats) : time_cold(subject, repeats)};
}

double DeviceStopwatch::time_hot(const Subject& subject, std::size_t repeats) {
  const cuda::DeviceGraph graph(stream_, [&] { subject.run(repeats); });
  graph.launch(stream_);  // fills the caches, and brings the graph to the device
  return seconds_of(graph);
}

double DeviceStopwatch::time_cold(const Subject& subject, std::size_t repeats) {
  const cuda::DeviceGraph graph(stream_, [&] { subject.run(1); });
  graph.launch(stream_);
  double seconds = 0.0;
  for (std::size_t k = 0; k < repeats; ++k) {
    device::fill_bytes(flush_.data(), 0, flush_.bytes(), stream_);
    seconds += seconds_of(graph);
  }
  return seconds;
}

double DeviceStopwatch::seconds_of(const cuda::DeviceGraph& graph) {
  device::record(begin_, stream_);
  graph.launch(stream_);
  device::record(end_, stream_);
  device::synchronize(end_);
  return device::elapsed_seconds(begin_, end_);
}

double DeviceStopwatch::fma_peak() {
  const Subject chains{{}, [this](std::size_t repeats) {
                         for (std::size_t k = 0; k < repeats; ++k) {
                           fma_chains(sums_.span(), 0.5f, 1.0f, probe_.chain_length,
                                      shape_of(probe_), stream_);
                         }
                       }};
  const double flops = 2.0 * kFmaChains * probe_.chain_length * static_cast<double>(sums_.size());
  return flops / time_hot(chains, 1);
}

double DeviceStopwatch::load_bandwidth() { return bandwidth(1.0); }

double DeviceStopwatch::bandwidth(double working_set) {
  // Sizes are rounded up to a power of two. Cold data come from where nothing is cached.
  const double least = 16.0 * static_cast<double>(sums_.size());
  const double wanted = caches_ == DeviceCaches::hot
                            ? working_set
                            : std::max(working_set, static_cast<double>(probe_.flush_bytes));
  const auto bytes =
      static_cast<std::size_t>(std::exp2(std::ceil(std::log2(std::max(wanted, least)))));
  const auto [entry, missing] = bandwidths_.try_emplace(bytes, 0.0);
  if (missing) entry->second = measure_bandwidth(bytes);
  return entry->second;
}

double DeviceStopwatch::measure_bandwidth(std::size_t bytes) {
  device::use_device(device_);
  cuda::DeviceBuffer<float> values(bytes / sizeof(float));
  device::fill_bytes(values.data(), 0, values.bytes(), stream_);
  const auto passes = static_cast<unsigned>(std::max<std::size_t>(1, probe_.read_bytes / bytes));
  const Subject read{{}, [&](std::size_t) {
                       read_passes(values.span(), sums_.span(), passes, shape_of(probe_), stream_);
                     }};
  const double seconds = time_hot(read, 1);
  return static_cast<double>(passes) * static_cast<double>(values.bytes()) / seconds;
}

}  // namespace fusemd::benchmarks
