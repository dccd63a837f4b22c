// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>

#include "benchmarks/micro/stopwatch.hpp"
#include "host/cuda/device_buffer.hpp"
#include "host/cuda/device_graph.hpp"
#include "host/cuda/owned_stream.hpp"

namespace fusemd::benchmarks {

/// How much a device is asked for when its peaks are measured.
struct DeviceProbe {
  unsigned blocks = 0;          ///< of kMaxNodeThreads threads
  unsigned chain_length = 0;    ///< of fma_chains()
  std::size_t read_bytes = 0;   ///< in all, by read_passes()
  std::size_t flush_bytes = 0;  ///< written to empty the caches of everything else
};

/// For a GPU: enough blocks to fill it, a third of a millisecond a probe on the fastest, and more
/// bytes than any second-level cache holds.
DeviceProbe device_probe(int multiprocessors);

enum class DeviceCaches {
  hot,   ///< calls follow each other: data lie in the caches that hold them
  cold,  ///< the caches are flushed before every call
};

/// Device time by events around a captured graph of the calls, so that the host's launches cost
/// nothing. A cold call has events of its own, whose cost (about a microsecond) it carries.
///
/// Needs    subjects that put their work into stream() and wait for nothing.
class DeviceStopwatch final : public Stopwatch {
 public:
  DeviceStopwatch(int device, const DeviceProbe& probe, DeviceCaches caches);

  Stream stream() const { return stream_; }

  Window time(const Subject& subject, std::size_t repeats) override;
  double fma_peak() override;
  double load_bandwidth() override;
  double bandwidth(double working_set) override;

 private:
  double time_hot(const Subject& subject, std::size_t repeats);
  double time_cold(const Subject& subject, std::size_t repeats);
  double seconds_of(const cuda::DeviceGraph& graph);
  double measure_bandwidth(std::size_t bytes);

  int device_;
  DeviceProbe probe_;
  DeviceCaches caches_;
  cuda::OwnedStream stream_;
  cuda::OwnedEvent begin_, end_;
  cuda::DeviceBuffer<float> sums_;
  cuda::DeviceBuffer<unsigned char> flush_;
  std::map<std::size_t, double> bandwidths_;  ///< by bytes
};

}  // namespace fusemd::benchmarks
