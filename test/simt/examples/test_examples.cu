// SPDX-License-Identifier: MIT
// The example kernels against plain loops in double. They test the executor, and show the idioms.
#include <cmath>
#include <string>
#include <vector>

#include "kernels/device_memory.hpp"
#include "kernels/launch.hpp"
#include "test/simt/examples/block_sum.cuh"
#include "test/simt/examples/lennard_jones.cuh"
#include "test/simt/examples/matrix_vector.cuh"
#include "test/simt/examples/smoothing.cuh"
#include "test/simt/examples/tensor_core.cuh"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

namespace {

std::vector<float> pattern(std::size_t n, unsigned period, float scale) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = scale * (static_cast<float>(i * 7919 % period) - 0.4f * static_cast<float>(period));
  }
  return values;
}

void check_block_sum(std::size_t n) {
  const std::vector<float> x = pattern(n, 101, 0.01f);
  constexpr unsigned kThreads = 128;
  constexpr unsigned kBlocks = 5;
  const DeviceArray<float> device_x(x);
  DeviceArray<float> sums(kBlocks);
  simt::launch({.grid = {kBlocks}, .block = {kThreads}}, nullptr, examples::block_sum<kThreads>,
               device_x.data(), sums.data(), static_cast<unsigned>(n));
  std::vector<double> expected(kBlocks, 0.0);
  for (std::size_t i = 0; i < n; ++i) expected[i / kThreads % kBlocks] += double{x[i]};
  const std::vector<float> actual = sums.download();
  expect_all_close(actual, expected,
                   {.absolute = 1e-4, .why = "float sums of at most 2 000 terms below 1"}, "sums");
  same_bits(actual);
}

void check_matrix_vector(unsigned rows, unsigned columns) {
  const std::vector<float> a = pattern(std::size_t{rows} * columns, 97, 0.01f);
  const std::vector<float> x = pattern(columns, 13, 0.1f);
  const DeviceArray<float> device_a(a);
  const DeviceArray<float> device_x(x);
  DeviceArray<float> y(rows);
  constexpr unsigned kRowsABlock = examples::kMatrixVectorThreads / 32;
  simt::launch({.grid = {ceil_div(rows, kRowsABlock)},
                .block = {examples::kMatrixVectorThreads},
                .shared_bytes = shared_bytes<float>(columns) + shared_bytes<float>(kRowsABlock)},
               nullptr, examples::matrix_vector, device_a.data(), device_x.data(), y.data(), rows,
               columns);
  std::vector<double> expected(rows, 0.0);
  for (unsigned i = 0; i < rows; ++i) {
    for (unsigned j = 0; j < columns; ++j) {
      expected[i] += double{a[std::size_t{i} * columns + j]} * double{x[j]};
    }
  }
  const std::vector<float> actual = y.download();
  expect_all_close(actual, expected,
                   {.absolute = 1e-4, .why = "float dot products of at most 257 terms below 1"},
                   "y");
  same_bits(actual);
}

void check_smoothing(unsigned n, unsigned blocks, unsigned steps) {
  const std::vector<float> start = pattern(n, 17, 1.0f);
  DeviceArray<float> a(start);
  DeviceArray<float> b(n);
  DeviceArray<unsigned> word = zeroed<unsigned>(1);
  simt::launch({.grid = {blocks},
                .block = {examples::kSmoothingThreads},
                .residency = Residency::all_blocks},
               nullptr, examples::smoothing, a.data(), b.data(), n, steps, word.data());
  std::vector<double> expected(start.begin(), start.end());
  for (unsigned step = 0; step < steps; ++step) {
    std::vector<double> next(n);
    for (unsigned i = 0; i < n; ++i) {
      next[i] = 0.25 * expected[(i + n - 1) % n] + 0.5 * expected[i] + 0.25 * expected[(i + 1) % n];
    }
    expected = next;
  }
  const std::vector<float> actual = (steps % 2 == 0 ? a : b).download();
  expect_all_close(actual, expected,
                   {.absolute = 1e-5, .why = "averages of floats below 20, 10 roundings"},
                   "smoothed");
  expect(word.download()[0] % 0x80000000u == 0, "the barrier's count of arrivals is back at 0");
  same_bits(actual);
}

void check_lennard_jones(unsigned side, unsigned steps) {
  const unsigned n = side * side * side;
  std::vector<float4> start(n);
  for (unsigned i = 0; i < n; ++i) {
    start[i] = make_float4(
        1.2f * static_cast<float>(i % side) + 0.01f * static_cast<float>(i % 7),
        1.2f * static_cast<float>(i / side % side) + 0.01f * static_cast<float>(i % 5),
        1.2f * static_cast<float>(i / side / side) + 0.01f * static_cast<float>(i % 3), 0.0f);
  }
  constexpr float kTimestep = 0.002f;
  constexpr float kCutoff = 2.5f;
  DeviceArray<float4> positions(start);
  DeviceArray<float4> velocities = zeroed<float4>(n);
  DeviceArray<unsigned long long> energies = zeroed<unsigned long long>(steps);
  DeviceArray<unsigned> word = zeroed<unsigned>(1);
  simt::launch({.grid = {ceil_div(n, examples::kLennardJonesThreads)},
                .block = {examples::kLennardJonesThreads},
                .residency = Residency::all_blocks},
               nullptr, examples::lennard_jones, positions.data(), velocities.data(),
               energies.data(), n, steps, kTimestep, kCutoff, word.data());

  std::vector<double> x(3 * std::size_t{n});
  std::vector<double> v(x.size(), 0.0);
  for (unsigned i = 0; i < n; ++i) {
    x[3 * i] = double{start[i].x};
    x[3 * i + 1] = double{start[i].y};
    x[3 * i + 2] = double{start[i].z};
  }
  std::vector<double> expected_energies(steps, 0.0);
  for (unsigned step = 0; step < steps; ++step) {
    std::vector<double> force(x.size(), 0.0);
    for (unsigned i = 0; i < n; ++i) {
      for (unsigned j = 0; j < n; ++j) {
        double d[3];
        double r2 = 0.0;
        for (unsigned c = 0; c < 3; ++c) {
          d[c] = x[3 * i + c] - x[3 * j + c];
          r2 += d[c] * d[c];
        }
        if (i == j || r2 >= double{kCutoff} * double{kCutoff}) continue;
        const double inverse6 = 1.0 / (r2 * r2 * r2);
        for (unsigned c = 0; c < 3; ++c) {
          force[3 * i + c] += 24.0 / r2 * inverse6 * (2.0 * inverse6 - 1.0) * d[c];
        }
        expected_energies[step] += 2.0 * inverse6 * (inverse6 - 1.0);
      }
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      v[i] += double{kTimestep} * force[i];
      x[i] += double{kTimestep} * v[i];
    }
  }
  std::vector<double> actual_energies;
  for (const unsigned long long sum : energies.download()) {
    actual_energies.push_back(static_cast<double>(static_cast<long long>(sum)) *
                              double{examples::kEnergyUnit});
  }
  expect_all_close(actual_energies, expected_energies,
                   {.relative = 2e-5, .why = "float pair energies, both signs"}, "energy");
  std::vector<double> actual;
  for (const float4& position : positions.download()) {
    for (const float c : {position.x, position.y, position.z}) actual.push_back(double{c});
  }
  expect_all_close(actual, x,
                   {.absolute = 1e-5, .why = "a few steps in float, coordinates below 8"},
                   "position");
  same_bits(actual);
  same_bits(energies.download());
}

void check_tensor_core(unsigned tiles) {
  constexpr unsigned kRows = simt::kMmaRows;
  constexpr unsigned kColumns = simt::kMmaColumns;
  constexpr unsigned kDepth = simt::kMmaDepth;
  // Small integers are exact in TF32, and so is every sum.
  std::vector<float> a(std::size_t{tiles} * kRows * kDepth);
  std::vector<float> b(std::size_t{tiles} * kDepth * kColumns);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 31 % 23) - 11.0f;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i * 17 % 19) - 9.0f;
  const DeviceArray<float> device_a(a);
  const DeviceArray<float> device_b(b);
  DeviceArray<float> c(std::size_t{kRows} * kColumns);
  simt::launch({.grid = {1}, .block = {32}}, nullptr, examples::tensor_core_product,
               device_a.data(), device_b.data(), c.data(), tiles);
  std::vector<double> expected(std::size_t{kRows} * kColumns, 0.0);
  for (unsigned t = 0; t < tiles; ++t) {
    for (unsigned i = 0; i < kRows; ++i) {
      for (unsigned j = 0; j < kColumns; ++j) {
        for (unsigned k = 0; k < kDepth; ++k) {
          expected[i * kColumns + j] +=
              double{a[(t * kRows + i) * kDepth + k]} * double{b[(t * kDepth + k) * kColumns + j]};
        }
      }
    }
  }
  expect_all_close(c.download(), expected, {.why = "integers, exact in TF32 and float"}, "c");
}

const RegisterKernelCase kBlockSums("block_sum of 0, 1, 33, 4 001 values", [] {
  for (const unsigned n : {0u, 1u, 33u, 4001u}) check_block_sum(n);
});
const RegisterKernelCase kMatrixVectors("matrix_vector 1 x 1, 3 x 33, 66 x 257", [] {
  check_matrix_vector(1, 1);
  check_matrix_vector(3, 33);
  check_matrix_vector(66, 257);
});
const RegisterKernelCase kSmoothings("smoothing of 1, 300 values by 1, 3 blocks", [] {
  check_smoothing(1, 1, 3);
  check_smoothing(300, 3, 10);
});
const RegisterKernelCase kLennardJones("lennard_jones of 125 atoms, 4 steps",
                                       [] { check_lennard_jones(5, 4); });
const RegisterKernelCase kTensorCores("tensor_core_product of 1, 2, 7 tiles", [] {
  for (const unsigned tiles : {1u, 2u, 7u}) check_tensor_core(tiles);
});

}  // namespace

}  // namespace fusemd::test
