// SPDX-License-Identifier: MIT
// kernels/dense.hpp against matrix products in double.
#include <cmath>
#include <string>
#include <vector>

#include "host/cuda/device_weights.hpp"
#include "kernels/dense.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

struct Layer {
  Linear linear;
  std::vector<float> x;          // [rows][padded n_in]
  std::vector<double> expected;  // [rows][padded n_out]
  std::vector<double> scale;     // sum of |x W| of each: what errors are relative to
  unsigned k, n;
};

/// Weights and inputs in [-1, 1] that are floats already: the product in double is exact enough.
Layer make_layer(std::size_t rows, std::size_t n_in, std::size_t n_out, bool with_bias) {
  Random random(97 * rows + 13 * n_in + n_out);
  const auto draw = [&] { return static_cast<double>(static_cast<float>(random.uniform(-1, 1))); };
  Layer layer{{n_out, n_in, {}, {}}, {}, {}, {}, 0, 0};
  layer.k = dense_padded(static_cast<unsigned>(n_in));
  layer.n = dense_padded(static_cast<unsigned>(n_out));
  for (std::size_t i = 0; i < n_in * n_out; ++i) layer.linear.weight.push_back(draw());
  for (std::size_t o = 0; o < n_out; ++o) layer.linear.bias.push_back(with_bias ? draw() : 0.0);
  layer.x.assign(rows * layer.k, 0.0f);
  layer.expected.assign(rows * layer.n, 0.0);
  layer.scale.assign(rows * layer.n, 0.0);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < n_in; ++i) layer.x[r * layer.k + i] = static_cast<float>(draw());
    // What lies in the padding must not matter.
    for (std::size_t i = n_in; i < layer.k; ++i) layer.x[r * layer.k + i] = 1e30f;
    for (std::size_t o = 0; o < n_out; ++o) {
      double sum = layer.linear.bias[o], scale = std::abs(sum);
      for (std::size_t i = 0; i < n_in; ++i) {
        const double term =
            layer.linear.weight[o * n_in + i] * static_cast<double>(layer.x[r * layer.k + i]);
        sum += term;
        scale += std::abs(term);
      }
      layer.expected[r * layer.n + o] = sum;
      layer.scale[r * layer.n + o] = scale;
    }
  }
  return layer;
}

/// Of the sum of |x W|: the bounds of kernels/dense.hpp.
double bound(DenseKind kind, std::size_t n_in) {
  const double fp32 = static_cast<double>(n_in + 1) * 0x1p-24;
  if (kind == DenseKind::tf32) return 0x1p-10 + fp32;
  if (kind == DenseKind::tf32x3) return 0x1p-21 + fp32;
  return fp32;
}

std::vector<float> run(DenseKind kind,
                       const cuda::PackedDense& packed,
                       const Layer& layer,
                       std::size_t rows,
                       const LaunchPolicy& policy) {
  const DeviceArray<float> weights(packed.weights), bias(packed.bias), x(layer.x);
  DeviceArray<float> y(rows * packed.n);
  const DenseView view{weights.data(), packed.bias.empty() ? nullptr : bias.data(), packed.k,
                       packed.n};
  dense(kind, view, x.span(), y.span(), static_cast<unsigned>(rows), policy, nullptr);
  return y.download();
}

void check(std::size_t rows, std::size_t n_in, std::size_t n_out, const LaunchPolicy& policy) {
  const Layer layer = make_layer(rows, n_in, n_out, true);
  const cuda::PackedDense packed = cuda::pack_dense(layer.linear);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const std::vector<float> y = run(kind, packed, layer, rows, policy);
    for (std::size_t i = 0; i < y.size(); ++i) {
      expect_close(static_cast<double>(y[i]), layer.expected[i],
                   {.absolute = bound(kind, n_in) * layer.scale[i], .why = "kernels/dense.hpp"},
                   kind_name(kind) + " y[" + std::to_string(i) + "]");
    }
    same_bits(y);
  }
}

void check_many_rows(unsigned threads, unsigned tile_rows, unsigned blocks) {
  const LaunchPolicy policy = node_policy(threads, tile_rows, blocks);
  for (const std::size_t rows : {0u, 1u, 2u, 3u, 12u, 31u, 32u, 33u, 101u}) {
    check(rows, 20, 12, policy);
  }
}

}  // namespace

FUSEMD_KERNEL_CASE("dense 20 to 12, 0 to 101 rows, blocks of 32 by tiles of 4") {
  check_many_rows(32, 4, 2);
}
FUSEMD_KERNEL_CASE("dense 20 to 12, 0 to 101 rows, blocks of 96 by tiles of 16") {
  check_many_rows(96, 16, 3);
}
FUSEMD_KERNEL_CASE("dense at widths of the models") {
  check(12, 256, 128, node_policy(128, 16, 4));
  check(12, 64, 96, node_policy(64, 16, 4));
  check(3, 64, 32, node_policy(256, 16, 4));
  check(5, 1, 1, node_policy(32, 16, 1));
}

FUSEMD_KERNEL_CASE("dense gives a row the same bits in any tile and block") {
  const std::size_t rows = 37;
  const Layer layer = make_layer(rows, 40, 24, true);
  const cuda::PackedDense packed = cuda::pack_dense(layer.linear);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const std::vector<float> once = run(kind, packed, layer, rows, node_policy(32, 1, 5));
    for (const unsigned threads : {64u, 256u}) {
      for (const unsigned tile : {3u, 16u, 37u}) {
        expect(run(kind, packed, layer, rows, node_policy(threads, tile, 2)) == once,
               kind_name(kind) + " depends on the launch shape");
      }
    }
    same_bits(once);
  }
}

FUSEMD_KERNEL_CASE("a transposed layer is the transpose, without bias") {
  const std::size_t rows = 4, n_in = 12, n_out = 20;
  const Layer forward = make_layer(rows, n_in, n_out, true);
  Layer back = make_layer(rows, n_out, n_in, false);
  back.linear.weight = forward.linear.weight;
  std::vector<double> expected(rows * back.n, 0.0);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t i = 0; i < n_in; ++i) {
      for (std::size_t o = 0; o < n_out; ++o) {
        expected[r * back.n + i] +=
            forward.linear.weight[o * n_in + i] * static_cast<double>(back.x[r * back.k + o]);
      }
    }
  }
  const cuda::PackedDense packed = cuda::pack_transposed(forward.linear);
  expect(packed.bias.empty(), "a transposed layer has no bias");
  const std::vector<float> y = run(DenseKind::fma, packed, back, rows, node_policy(64, 16, 1));
  expect_all_close(y, expected, {.absolute = 21 * 20 * 0x1p-24, .why = "20 terms below 1"}, "y");
}

FUSEMD_KERNEL_CASE("3xTF32 is as good as fp32 and TF32 is not") {
  if (!kind_can_run(DenseKind::tf32)) return;
  const std::size_t rows = 12, n_in = 256, n_out = 128;
  const Layer layer = make_layer(rows, n_in, n_out, true);
  const cuda::PackedDense packed = cuda::pack_dense(layer.linear);
  const auto rms = [&](DenseKind kind) {
    const std::vector<float> y = run(kind, packed, layer, rows, node_policy(256, 16, 1));
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double error = (static_cast<double>(y[i]) - layer.expected[i]) / layer.scale[i];
      sum += error * error;
    }
    return std::sqrt(sum / static_cast<double>(y.size()));
  };
  const double fma = rms(DenseKind::fma);
  expect_close(fma, 0.0, {.absolute = 2e-7, .why = "sqrt(256) roundings of 2^-24 of the sum"},
               "fma");
  expect_close(rms(DenseKind::tf32x3), 0.0,
               {.absolute = 2e-7, .why = "that of fp32: the executor sums as the PTX manual says"},
               "3xtf32");
  expect(rms(DenseKind::tf32) > 20 * fma, "TF32 keeps more bits than it has");
  expect_close(rms(DenseKind::tf32), 0.0, {.absolute = 5e-5, .why = "2^-11 / sqrt(256) and a half"},
               "tf32");
}

}  // namespace fusemd::test
