// SPDX-License-Identifier: MIT
// The checker's reports and counts against what can be worked out by hand. That it finds every kind
// of fault is the business of test/simt/faults.
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "kernels/grid_barrier.cuh"
#include "test/simt/checker/counters.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

namespace {

using checker::TrafficCount;
using checker::TrafficTotals;
using executor::Fault;
using executor::KernelFault;

constexpr LaunchShape kWarp{.grid = {1}, .block = {32}};

// --- reports
// -----------------------------------------------------------------------------------------

__global__ void racing(float* y) {
  FUSEMD_SHARED(float, values, [64]);
  values[threadIdx.x] = 1.0f;
  y[threadIdx.x] = values[63 - threadIdx.x];
}
constexpr unsigned kRacingRead = __LINE__ - 2;
constexpr unsigned kRacingWrite = kRacingRead - 1;

void check_report() {
  DeviceArray<float> y(64);
  try {
    simt::launch({.grid = {1}, .block = {64}}, nullptr, racing, y.data());
  } catch (const KernelFault& fault) {
    const std::string text = fault.what();
    for (const std::string& fragment :
         {std::string("race"), std::string("shared values (256 bytes)"),
          "test/simt/checker/test_checker.cu:" + std::to_string(kRacingRead),
          "test/simt/checker/test_checker.cu:" + std::to_string(kRacingWrite)}) {
      expect(text.find(fragment) != std::string::npos,
             "\"" + text + "\" does not say \"" + fragment + "\"");
    }
    return;
  }
  throw WrongValue("no report");
}

// --- order that the checker must understand
// ------------------------------------------------------------

/// Readers of many warps, then one writer: only the barrier makes it right, and no reader is
/// forgotten.
template <bool kBarrier>
__global__ void all_read_then_one_writes(float* x, float* y, unsigned writer) {
  y[threadIdx.x] = x[0];
  if constexpr (kBarrier) __syncthreads();
  if (threadIdx.x == writer) x[0] = 2.0f;
}

void check_forgotten_readers() {
  constexpr unsigned kThreads = 1024;
  const LaunchShape shape{.grid = {1}, .block = {kThreads}};
  for (const unsigned writer : {0u, 31u, 32u, 500u, 1023u}) {
    DeviceArray<float> x(std::vector<float>{1.0f});
    DeviceArray<float> y(kThreads);
    simt::launch(shape, nullptr, all_read_then_one_writes<true>, x.data(), y.data(), writer);
    try {
      simt::launch(shape, nullptr, all_read_then_one_writes<false>, x.data(), y.data(), writer);
    } catch (const KernelFault& fault) {
      expect(fault.has(Fault::race), fault.what());
      continue;
    }
    throw WrongValue("the write by thread " + std::to_string(writer) + " races with 1023 reads");
  }
}

/// A value handed from block to block through released flags: each only knows its predecessor's, so
/// the order of the first write before the last read is transitive.
__global__ void relay(float* values, unsigned* flags, float* y) {
  FUSEMD_SHARED(float, received, );
  if (threadIdx.x == 33) {  // not in the warp of the thread that writes
    if (blockIdx.x > 0) {
      while (simt::load_acquire(&flags[blockIdx.x]) == 0) simt::relax();
    }
    received = blockIdx.x > 0 ? values[blockIdx.x - 1] : 1.0f;
  }
  __syncthreads();
  if (threadIdx.x == 0) values[blockIdx.x] = received + 1.0f;
  __syncthreads();
  if (threadIdx.x == 40 && blockIdx.x + 1 < gridDim.x)
    simt::store_release(&flags[blockIdx.x + 1], 1);
  if (threadIdx.x == 1 && blockIdx.x + 1 == gridDim.x) {
    float sum = 0.0f;
    for (unsigned b = 0; b < gridDim.x; ++b) sum += values[b];
    *y = sum;
  }
}

void check_relay() {
  constexpr unsigned kBlocks = 5;
  DeviceArray<float> values(kBlocks);
  DeviceArray<unsigned> flags = zeroed<unsigned>(kBlocks);
  DeviceArray<float> y(1);
  simt::launch({.grid = {kBlocks}, .block = {64}, .residency = Residency::all_blocks}, nullptr,
               relay, values.data(), flags.data(), y.data());
  expect(y.download()[0] == 2 + 3 + 4 + 5 + 6, "sum along the relay");
}

/// The same word as bytes: neighbours in a word are no race.
__global__ void bytes_of_a_word(unsigned char* bytes) {
  bytes[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
}

void check_bytes() {
  DeviceArray<unsigned char> bytes(61);
  simt::launch({.grid = {1}, .block = {61}}, nullptr, bytes_of_a_word, bytes.data());
  for (unsigned i = 0; i < 61; ++i) expect(bytes.download()[i] == i, "byte " + std::to_string(i));
}

// --- counts
// ------------------------------------------------------------------------------------------

/// Transposes 32 x 32 floats. kPadded: the tile has a 33rd column and rows are read along rows.
template <bool kGood>
__global__ void transpose(const float* x, float* y) {
  FUSEMD_SHARED(float, tile, [32][kGood ? 33 : 32]);
  const unsigned lane = threadIdx.x;
  for (unsigned r = 0; r < 32; ++r) {
    tile[r][lane] = kGood ? x[32 * r + lane] : x[32 * lane + r];
  }
  __syncwarp();
  for (unsigned r = 0; r < 32; ++r) {
    y[32 * r + lane] = tile[lane][r];
  }
}

TrafficTotals transpose_traffic(bool good) {
  std::vector<float> x(1024);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  const DeviceArray<float> device_x(x);
  DeviceArray<float> y(1024);
  const TrafficCount count;
  simt::launch(kWarp, nullptr, good ? transpose<true> : transpose<false>, device_x.data(),
               y.data());
  expect(count.by_instruction().size() == 4, "four instructions access memory");
  return count.totals();
}

void check_transpose() {
  const TrafficTotals strided = transpose_traffic(false);
  // Loads: 32 requests of 32 lanes, each lane in a sector of its own. Stores: 32 requests of 128
  // consecutive bytes, 4 sectors. Reading a column of 32: all lanes in one bank, 31 passes more.
  expect(strided.global_sectors == 32 * 32 + 32 * 4, "sectors of the strided transpose");
  expect(strided.bank_conflicts == 32 * 31, "conflicts of the strided transpose");
  expect(strided.global_read_bytes == 4096 && strided.global_written_bytes == 4096, "bytes");
  const TrafficTotals good = transpose_traffic(true);
  expect(good.global_sectors == 2 * 32 * 4, "sectors of the good transpose");
  expect(good.global_sectors == good.least_global_sectors, "which are as few as can be");
  expect(good.bank_conflicts == 0, "conflicts of the good transpose");
  expect(good.shared_requests == 64, "shared requests");
}

__global__ void vector_copy(const float* x, float* y) {
  FUSEMD_SHARED(float4, tile, [32]);
  simt::store_vector(&tile[threadIdx.x].x, simt::load_vector<float4>(&x[4 * threadIdx.x]));
  simt::store_vector(&y[4 * threadIdx.x], simt::load_vector<float4>(&tile[threadIdx.x].x));
}

void check_vectors() {
  const DeviceArray<float> x(std::vector<float>(128, 1.0f));
  DeviceArray<float> y(128);
  const TrafficCount count;
  simt::launch(kWarp, nullptr, vector_copy, x.data(), y.data());
  const TrafficTotals totals = count.totals();
  expect(totals.global_sectors == 32 && totals.least_global_sectors == 32,
         "16-byte accesses are dense");
  // Sixteen bytes a lane: a quarter of the warp at a time, without conflicts.
  expect(totals.bank_conflicts == 0 && totals.shared_requests == 2, "16-byte shared accesses");
}

/// A partial warp, divergent trip counts, one instruction in a loop: requests by number, not by
/// time.
__global__ void ragged(const float* x, float* y) {
  float sum = 0.0f;
  for (unsigned i = 0; i <= threadIdx.x % 4; ++i) sum += x[40 * i + threadIdx.x];
  y[threadIdx.x] = sum;
}

void check_ragged() {
  const DeviceArray<float> x(std::vector<float>(160, 1.0f));
  DeviceArray<float> y(40);
  const TrafficCount count;
  simt::launch({.grid = {1}, .block = {40}}, nullptr, ragged, x.data(), y.data());
  for (const checker::Traffic& traffic : count.by_instruction()) {
    if (traffic.write) {
      expect(traffic.requests == 2 && traffic.lane_accesses == 40, "stores of 40 threads");
    } else {
      // Lanes with i <= lane % 4: four rounds of each warp; 40 + 30 + 20 + 10 lane accesses.
      expect(traffic.requests == 8 && traffic.lane_accesses == 100, "loads of ragged loops");
    }
  }
}

const RegisterKernelCase kReport("a race's report names object and lines", check_report);
const RegisterKernelCase kReaders("no reader is forgotten", check_forgotten_readers);
const RegisterKernelCase kRelay("order is transitive through blocks", check_relay);
const RegisterKernelCase kBytes("bytes of one word", check_bytes);
const RegisterKernelCase kTranspose("traffic of a transpose", check_transpose);
const RegisterKernelCase kVectors("traffic of vectors", check_vectors);
const RegisterKernelCase kRagged("traffic of ragged loops", check_ragged);

}  // namespace

}  // namespace fusemd::test
