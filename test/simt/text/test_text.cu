// SPDX-License-Identifier: MIT
// The words of kernel text, one by one, against plain statements of what CUDA's manuals say they
// do.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/fast_math.cuh"
#include "kernels/launch.hpp"
#include "kernels/mma_tf32.cuh"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

namespace {

constexpr LaunchShape kWarp{.grid = {1}, .block = {32}};

template <class Actual>
void expect_equal(const Actual& actual, const Actual& expected, const std::string& what) {
  expect(actual == expected,
         what + " is " + std::to_string(actual) + ", expected " + std::to_string(expected));
}

// --- shuffles
// ----------------------------------------------------------------------------------------

enum class Shuffle { index, up, down, flip };

template <class T>
__global__ void shuffles(T* result, Shuffle kind, unsigned operand, int width) {
  const T own = static_cast<T>(100 + threadIdx.x);
  T value{};
  switch (kind) {
    case Shuffle::index:
      value = __shfl_sync(simt::kFullWarp, own, static_cast<int>(operand), width);
      break;
    case Shuffle::up:
      value = __shfl_up_sync(simt::kFullWarp, own, operand, width);
      break;
    case Shuffle::down:
      value = __shfl_down_sync(simt::kFullWarp, own, operand, width);
      break;
    case Shuffle::flip:
      value = __shfl_xor_sync(simt::kFullWarp, own, static_cast<int>(operand), width);
      break;
  }
  result[threadIdx.x] = value;
}

/// The pseudo-code of PTX's shfl.sync: clamp value and segment mask in one operand, a predicate
/// that says whether the source lane is in range; out of range a lane keeps its own value.
unsigned source_lane_by_ptx(Shuffle kind, unsigned lane, unsigned operand, unsigned width) {
  const int segment_mask = static_cast<int>(32 - width);
  const int clamp = kind == Shuffle::up ? 0 : 0x1f;
  const int own = static_cast<int>(lane);
  const int by = static_cast<int>(operand & 0x1f);
  const int most = (own & segment_mask) | (clamp & ~segment_mask);
  const int least = own & segment_mask;
  int source = 0;
  bool in_range = false;
  switch (kind) {
    case Shuffle::up:
      source = own - by;
      in_range = source >= most;
      break;
    case Shuffle::down:
      source = own + by;
      in_range = source <= most;
      break;
    case Shuffle::flip:
      source = own ^ by;
      in_range = source <= most;
      break;
    case Shuffle::index:
      source = least | (by & ~segment_mask);
      in_range = source <= most;
      break;
  }
  return static_cast<unsigned>(in_range ? source : own);
}

template <class T>
void check_shuffles() {
  DeviceArray<T> result(32);
  for (const Shuffle kind : {Shuffle::index, Shuffle::up, Shuffle::down, Shuffle::flip}) {
    for (const unsigned width : {1u, 2u, 4u, 8u, 16u, 32u}) {
      for (const unsigned operand : {0u, 1u, 3u, 7u, 8u, 16u, 31u}) {
        simt::launch(kWarp, nullptr, shuffles<T>, result.data(), kind, operand,
                     static_cast<int>(width));
        const std::vector<T> actual = result.download();
        for (unsigned lane = 0; lane < 32; ++lane) {
          const auto expected =
              static_cast<T>(100 + source_lane_by_ptx(kind, lane, operand, width));
          expect(actual[lane] == expected,
                 "shuffle kind " + std::to_string(static_cast<int>(kind)) + " width " +
                     std::to_string(width) + " operand " + std::to_string(operand) + " lane " +
                     std::to_string(lane));
        }
      }
    }
  }
}

// --- ballots, votes, atomics
// -------------------------------------------------------------------------

__global__ void ballots(unsigned* result, unsigned pattern) {
  const int own = static_cast<int>(pattern >> threadIdx.x & 1);
  const bool lower = threadIdx.x < 16;
  const unsigned half = lower ? 0x0000ffffu : 0xffff0000u;
  unsigned* row = result + 5 * threadIdx.x;
  row[0] = __ballot_sync(simt::kFullWarp, own);
  row[1] = __ballot_sync(half, own);
  row[2] = static_cast<unsigned>(__any_sync(half, own));
  row[3] = static_cast<unsigned>(__all_sync(half, own));
  row[4] = __match_any_sync(simt::kFullWarp, threadIdx.x % 5);
}

void check_ballots(unsigned pattern) {
  DeviceArray<unsigned> result(32 * 5);
  simt::launch(kWarp, nullptr, ballots, result.data(), pattern);
  const std::vector<unsigned> actual = result.download();
  for (unsigned lane = 0; lane < 32; ++lane) {
    const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
    unsigned equal = 0;
    for (unsigned other = lane % 5; other < 32; other += 5) equal |= 1u << other;
    const unsigned expected[5] = {pattern, pattern & half, (pattern & half) != 0 ? 1u : 0u,
                                  (pattern & half) == half ? 1u : 0u, equal};
    for (unsigned k = 0; k < 5; ++k) {
      expect_equal(actual[5 * lane + k], expected[k], "ballot " + std::to_string(k));
    }
  }
}

__global__ void votes(int* result, unsigned threads_in_favour) {
  const int own = threadIdx.x < threads_in_favour ? 1 : 0;
  const int any = __syncthreads_or(own);
  const int all = __syncthreads_and(own);
  const int count = __syncthreads_count(own);
  int* row = result + 3 * threadIdx.x;
  row[0] = any != 0 ? 1 : 0;
  row[1] = all != 0 ? 1 : 0;
  row[2] = count;
}

void check_votes(unsigned threads, unsigned in_favour) {
  DeviceArray<int> result(3 * std::size_t{threads});
  simt::launch({.grid = {1}, .block = {threads}}, nullptr, votes, result.data(), in_favour);
  const std::vector<int> actual = result.download();
  for (std::size_t t = 0; t < threads; ++t) {
    expect_equal(actual[3 * t], in_favour > 0 ? 1 : 0, "or");
    expect_equal(actual[3 * t + 1], in_favour == threads ? 1 : 0, "and");
    expect_equal(actual[3 * t + 2], static_cast<int>(in_favour), "count");
  }
}

struct AtomicResults {
  int sum, difference, least, most;
  unsigned bits_and, bits_or, bits_xor, exchanged, swapped;
  unsigned long long wide_sum;
  long long wide_least;
};

__global__ void atomics(AtomicResults* result, unsigned long long* shared_sum) {
  FUSEMD_SHARED(unsigned long long, sum, );
  if (threadIdx.x == 0) sum = 0;
  __syncthreads();
  const auto i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&result->sum, i);
  atomicSub(&result->difference, i);
  atomicMin(&result->least, 5 - i);
  atomicMax(&result->most, 2 * i);
  atomicAnd(&result->bits_and, ~(1u << (i % 7)));
  atomicOr(&result->bits_or, 1u << (i % 9));
  atomicXor(&result->bits_xor, static_cast<unsigned>(i));
  atomicExch(&result->exchanged, 77u);
  unsigned old = simt::load_relaxed(&result->swapped);
  while (true) {  // an addition written by compare-and-swap
    const unsigned seen = atomicCAS(&result->swapped, old, old + 3);
    if (seen == old) break;
    old = seen;
  }
  atomicAdd(&result->wide_sum, static_cast<unsigned long long>(i) << 33);
  atomicMin(&result->wide_least, -(static_cast<long long>(i) << 33));
  atomicAdd(&sum, 1ull);
  __syncthreads();
  if (threadIdx.x == 0) atomicAdd(shared_sum, sum);
}

void check_atomics() {
  constexpr unsigned kBlocks = 3;
  constexpr unsigned kThreads = 40;
  constexpr int n = static_cast<int>(kBlocks * kThreads);
  DeviceArray<AtomicResults> result(
      std::vector<AtomicResults>{{0, 0, 1000, -1000, 0xffffffffu, 0, 0, 0, 0, 0, 0}});
  DeviceArray<unsigned long long> shared_sum = zeroed<unsigned long long>(1);
  simt::launch({.grid = {kBlocks}, .block = {kThreads}}, nullptr, atomics, result.data(),
               shared_sum.data());
  const AtomicResults actual = result.download()[0];
  unsigned exclusive = 0;
  for (int i = 0; i < n; ++i) exclusive ^= static_cast<unsigned>(i);
  expect_equal(actual.sum, n * (n - 1) / 2, "sum");
  expect_equal(actual.difference, -n * (n - 1) / 2, "difference");
  expect_equal(actual.least, 5 - (n - 1), "least");
  expect_equal(actual.most, 2 * (n - 1), "most");
  expect_equal(actual.bits_and, 0xffffff80u, "and");
  expect_equal(actual.bits_or, 0x1ffu, "or");
  expect_equal(actual.bits_xor, exclusive, "xor");
  expect_equal(actual.exchanged, 77u, "exchanged");
  expect_equal(actual.swapped, 3u * n, "swapped");
  expect_equal(actual.wide_sum, static_cast<unsigned long long>(n) * (n - 1) / 2 << 33, "wide sum");
  expect_equal(actual.wide_least, -(static_cast<long long>(n - 1) << 33), "wide least");
  expect_equal(shared_sum.download()[0], static_cast<unsigned long long>(n), "shared sum");
}

// --- indices and shared memory
// -----------------------------------------------------------------------

__global__ void indices(uint3* result) {
  const unsigned blocks = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned threads = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  result[blocks * blockDim.x * blockDim.y * blockDim.z + threads] =
      make_uint3(blockIdx.x + 100 * threadIdx.x, blockIdx.y + 100 * threadIdx.y,
                 blockIdx.z + 100 * threadIdx.z);
}

void check_indices() {
  const Extent grid{2, 3, 2};
  const Extent block{5, 2, 4};
  DeviceArray<uint3> result(grid.count() * block.count());
  simt::launch({.grid = grid, .block = block}, nullptr, indices, result.data());
  const std::vector<uint3> actual = result.download();
  std::size_t i = 0;
  for (unsigned bz = 0; bz < grid.z; ++bz) {
    for (unsigned by = 0; by < grid.y; ++by) {
      for (unsigned bx = 0; bx < grid.x; ++bx) {
        for (unsigned tz = 0; tz < block.z; ++tz) {
          for (unsigned ty = 0; ty < block.y; ++ty) {
            for (unsigned tx = 0; tx < block.x; ++tx, ++i) {
              expect(actual[i].x == bx + 100 * tx && actual[i].y == by + 100 * ty &&
                         actual[i].z == bz + 100 * tz,
                     "indices of thread " + std::to_string(i));
            }
          }
        }
      }
    }
  }
}

/// A static object in a function template: one for each instantiation.
template <int kWhich>
__device__ int* instance_memory() {
  FUSEMD_SHARED(int, memory, [4]);
  return memory;
}

__global__ void shared_objects(int* result) {
  simt::DynamicShared dynamic;
  float* floats = dynamic.take<float>(3);
  double* doubles = dynamic.take<double>(5);
  if (threadIdx.x == 0) {
    instance_memory<1>()[0] = 1;
    instance_memory<2>()[0] = 2;
    floats[2] = 3.0f;
    doubles[4] = 4.0;
  }
  __syncthreads();
  if (threadIdx.x == 1) {
    result[0] = instance_memory<1>()[0];
    result[1] = instance_memory<2>()[0];
    result[2] = static_cast<int>(floats[2]);
    result[3] = static_cast<int>(doubles[4]);
  }
}

void check_shared_objects() {
  DeviceArray<int> result(4);
  simt::launch(
      {.grid = {1}, .block = {2}, .shared_bytes = shared_bytes<float>(3) + shared_bytes<double>(5)},
      nullptr, shared_objects, result.data());
  expect(result.download() == std::vector<int>{1, 2, 3, 4}, "shared objects");
  expect(shared_bytes<float>(3) == 16 && shared_bytes<double>(5) == 48, "16-byte pieces");
}

// --- arithmetic
// --------------------------------------------------------------------------------------

__global__ void integer_words(const unsigned* x, unsigned long long* result) {
  const unsigned a = x[threadIdx.x];
  const unsigned b = x[(threadIdx.x + 1) % blockDim.x];
  unsigned long long* row = result + 7 * threadIdx.x;
  row[0] = static_cast<unsigned long long>(__popc(a));
  row[1] = static_cast<unsigned long long>(__clz(static_cast<int>(a)));
  row[2] = static_cast<unsigned long long>(__ffs(static_cast<int>(a)));
  row[3] = __umulhi(a, b);
  row[4] = __umul64hi(std::uint64_t{a} << 31, std::uint64_t{b} << 30);
  row[5] = __float_as_uint(__uint_as_float(a));
  row[6] = min(a, b) + 2ull * max(a, b);
}

void check_integer_words() {
  const std::vector<unsigned> x = {0u,          1u,          2u,     0x80000000u,
                                   0xffffffffu, 0x00f0f000u, 12345u, 0x7fffffffu};
  const DeviceArray<unsigned> device_x(x);
  DeviceArray<unsigned long long> result(7 * x.size());
  simt::launch({.grid = {1}, .block = {static_cast<unsigned>(x.size())}}, nullptr, integer_words,
               device_x.data(), result.data());
  const std::vector<unsigned long long> actual = result.download();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const unsigned a = x[i];
    const unsigned b = x[(i + 1) % x.size()];
    unsigned ones = 0;
    unsigned leading = 32;
    unsigned first = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
      if ((a >> bit & 1) == 0) continue;
      ++ones;
      leading = 31 - bit;
      if (first == 0) first = bit + 1;
    }
    // (a 2^31) (b 2^30) / 2^64 = a b / 2^3
    const std::uint64_t product = std::uint64_t{a} * b;
    const unsigned long long expected[7] = {ones,
                                            leading,
                                            first,
                                            product >> 32,
                                            product >> 3,
                                            a,
                                            std::min(a, b) + 2ull * std::max(a, b)};
    for (std::size_t k = 0; k < 7; ++k) {
      const bool nan = (a & 0x7fffffffu) > 0x7f800000u;
      if (k == 5 && nan) continue;  // a NaN's bits may change in passing
      expect_equal(actual[7 * i + k], expected[k], "integer word " + std::to_string(k));
    }
  }
}

__global__ void conversions(const float* x, long long* result) {
  long long* row = result + 4 * threadIdx.x;
  row[0] = __float2int_rn(x[threadIdx.x]);
  row[1] = __float2int_rd(x[threadIdx.x]);
  row[2] = __float2int_rz(x[threadIdx.x]);
  row[3] = __float2ll_rn(x[threadIdx.x]);
}

void check_conversions() {
  struct Row {
    float x;
    long long nearest, down, to_zero, wide;
  };
  constexpr long long kMost = std::numeric_limits<int>::max();
  constexpr long long kLeast = std::numeric_limits<int>::min();
  constexpr long long kWideMost = std::numeric_limits<long long>::max();
  constexpr long long kWideLeast = std::numeric_limits<long long>::min();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<Row> rows = {
      {0.5f, 0, 0, 0, 0},
      {1.5f, 2, 1, 1, 2},
      {2.5f, 2, 2, 2, 2},
      {-0.5f, 0, -1, 0, 0},
      {-1.5f, -2, -2, -1, -2},
      {3e9f, kMost, kMost, kMost, 3000000000},
      {-3e9f, kLeast, kLeast, kLeast, -3000000000},
      {1e20f, kMost, kMost, kMost, kWideMost},
      {kInfinity, kMost, kMost, kMost, kWideMost},
      {-kInfinity, kLeast, kLeast, kLeast, kWideLeast},
      {std::nanf(""), 0, 0, 0, kWideLeast},
  };
  std::vector<float> x;
  for (const Row& row : rows) x.push_back(row.x);
  const DeviceArray<float> device_x(x);
  DeviceArray<long long> result(4 * x.size());
  simt::launch({.grid = {1}, .block = {static_cast<unsigned>(x.size())}}, nullptr, conversions,
               device_x.data(), result.data());
  const std::vector<long long> actual = result.download();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string what = "conversion of " + std::to_string(rows[i].x);
    expect_equal(actual[4 * i], rows[i].nearest, what + " to nearest");
    expect_equal(actual[4 * i + 1], rows[i].down, what + " down");
    expect_equal(actual[4 * i + 2], rows[i].to_zero, what + " to zero");
    expect_equal(actual[4 * i + 3], rows[i].wide, what + " to 64 bits");
  }
}

__global__ void approximations(const float* x, float* result) {
  const float own = x[threadIdx.x];
  float* row = result + 7 * threadIdx.x;
  row[0] = simt::fast_reciprocal(own);
  row[1] = simt::fast_rsqrt(own);
  row[2] = simt::fast_exp2(own);
  row[3] = simt::fast_log2(own);
  row[4] = simt::fast_sin(own);
  row[5] = simt::fast_tanh(own);
  row[6] = simt::fast_exp(own);
}

/// Holds every result to its stated bound. Returns how many differ from the exact value, rounded.
unsigned check_approximations() {
  std::vector<float> x;
  for (int i = 1; i <= 64; ++i) x.push_back(0.049f * static_cast<float>(i));
  const DeviceArray<float> device_x(x);
  DeviceArray<float> result(7 * x.size());
  simt::launch({.grid = {1}, .block = {64}}, nullptr, approximations, device_x.data(),
               result.data());
  const std::vector<float> actual = result.download();
  unsigned different = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double own = double{x[i]};
    const double exact[7] = {1.0 / own,     1.0 / std::sqrt(own), std::exp2(own), std::log2(own),
                             std::sin(own), std::tanh(own),       std::exp(own)};
    const Tolerance bounds[7] = {
        {.relative = 0x1p-23, .why = "rcp.approx"},
        {.relative = 0x1.13p-23, .why = "rsqrt.approx"},
        {.relative = 0x1.4p-22, .why = "ex2.approx"},
        {.absolute = 0x1p-22, .relative = 0x1p-22, .why = "lg2.approx"},
        {.absolute = 0x1.6ap-21, .why = "sin.approx"},
        {.relative = 0x1p-11, .why = "tanh.approx"},
        {.relative = 0x1.4p-22 + 5.0 * 0x1p-24, .why = "ex2.approx and the product's rounding"}};
    for (std::size_t k = 0; k < 7; ++k) {
      expect_close(double{actual[7 * i + k]}, exact[k], bounds[k], "function " + std::to_string(k));
      if (actual[7 * i + k] != static_cast<float>(exact[k])) ++different;
    }
  }
  return different;
}

__global__ void tf32_rounding(const float* x, float* result) {
  result[threadIdx.x] = simt::tf32_value(simt::to_tf32(x[threadIdx.x]));
}

void check_tf32() {
  // Ten bits of fraction; ties go away from zero.
  const std::vector<float> x = {1.0f,
                                1.0f + 0x1p-10f,
                                1.0f + 0x1p-11f,
                                1.0f + 0x1.8p-11f,
                                1.0f + 0x1.fp-12f,
                                -1.0f - 0x1p-11f,
                                0x1.fffffep0f,
                                0.0f};
  const std::vector<float> expected = {
      1.0f, 1.0f + 0x1p-10f, 1.0f + 0x1p-10f, 1.0f + 0x1p-10f, 1.0f, -1.0f - 0x1p-10f, 2.0f, 0.0f};
  const DeviceArray<float> device_x(x);
  DeviceArray<float> result(x.size());
  simt::launch({.grid = {1}, .block = {static_cast<unsigned>(x.size())}}, nullptr, tf32_rounding,
               device_x.data(), result.data());
  expect(result.download() == expected, "values rounded to TF32");
}

const RegisterKernelCase kShuffles("shuffles of every kind and width", [] {
  check_shuffles<int>();
  check_shuffles<float>();
  check_shuffles<double>();
});
const RegisterKernelCase kBallots("ballots and matches", [] {
  for (const unsigned pattern : {0u, 0xffffffffu, 0x0000ffffu, 0x12345678u}) check_ballots(pattern);
});
const RegisterKernelCase kVotes("votes of a block", [] {
  for (const unsigned in_favour : {0u, 1u, 50u, 70u}) check_votes(70, in_favour);
});
FUSEMD_KERNEL_CASE("integer atomics") { check_atomics(); }
const RegisterKernelCase kIndices("indices in three dimensions", check_indices);
const RegisterKernelCase kSharedObjects("static and dynamic shared memory", check_shared_objects);
const RegisterKernelCase kIntegerWords("integer intrinsics", check_integer_words);
const RegisterKernelCase kConversions("conversions to integers", check_conversions);
FUSEMD_KERNEL_CASE("approximate units") {
  (void)check_approximations();
  unsigned different = 0;
  if (with_deviating_units([&different] { different = check_approximations(); })) {
    expect(different > 100, "deviating units deviate");
  }
}
FUSEMD_KERNEL_CASE("rounding to TF32") { check_tf32(); }

}  // namespace

}  // namespace fusemd::test
