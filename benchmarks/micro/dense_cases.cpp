// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>

#include "benchmarks/micro/cases.hpp"
#include "host/cpu/kernels.hpp"
#include "host/larger.hpp"

namespace fusemd::benchmarks {
namespace {

using cpu::AlignedBuffer;
using cpu::PackedMatrix;

/// A [rows][k], B [k][n] with bias, C [rows][n]: random numbers.
struct Product {
  std::size_t rows;
  PackedMatrix<float> b;
  AlignedBuffer<float> a, c;
};

Product make_product(std::size_t rows, std::size_t k, std::size_t n) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  Product product;
  product.rows = rows;
  product.b.k = k;
  product.b.n = n;
  product.b.has_bias = true;
  product.b.values.ensure(k * n);
  product.b.bias.ensure(n);
  product.a.ensure(rows * k);
  product.c.ensure(rows * n);
  for (std::size_t i = 0; i < k * n; ++i) product.b.values[i] = uniform(random);
  for (std::size_t i = 0; i < n; ++i) product.b.bias[i] = uniform(random);
  for (std::size_t i = 0; i < rows * k; ++i) product.a[i] = uniform(random);
  return product;
}

void multiply(Product& product, cpu::InstructionSet set) {
  cpu::kernels<float>(set).dense(product.rows, product.a.data(), product.b.k, product.b,
                                 product.c.data(), product.b.n);
}

/// Against the definition in double precision, with B taken out of its panels.
Check check_product(std::size_t rows, std::size_t k, std::size_t n, cpu::InstructionSet set) {
  Product product = make_product(rows, k, n);
  const std::size_t width = cpu::kernels<float>(set).panel_width;
  std::fill_n(product.c.data(), rows * n, std::nanf(""));
  multiply(product, set);
  Check check{.error = 0.0,
              // k rounded products: sqrt(k) 6e-8 of a row's size, at most 1e-5 with room.
              .tolerance = 1e-5,
              .against = "the definition in double precision"};
  double scale = 0.0, worst = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t column = 0; column < n; ++column) {
      const std::size_t panel = column / width * width;
      const std::size_t panel_width = std::min(width, n - panel);
      double sum = static_cast<double>(product.b.bias[column]);
      for (std::size_t m = 0; m < k; ++m) {
        sum +=
            static_cast<double>(product.a[r * k + m]) *
            static_cast<double>(product.b.values[panel * k + m * panel_width + (column - panel)]);
      }
      scale = std::max(scale, std::abs(sum));
      worst = larger_or_nan(worst, std::abs(static_cast<double>(product.c[r * n + column]) - sum));
    }
  }
  check.error = worst / scale;
  return check;
}

MicroCase dense_case(std::size_t rows, std::size_t k, std::size_t n, cpu::InstructionSet set) {
  MicroCase result;
  result.stage = "dense";
  result.shape = std::to_string(k) + "x" + std::to_string(n);
  result.size = std::to_string(rows);
  result.set = to_string(set);
  result.name = "dense/" + result.shape + "/" + result.size + "/" + result.set;
  const auto bytes = static_cast<double>(4 * (k * n + n + rows * (k + n)));
  result.work = {
      .flops = 2.0 * static_cast<double>(rows * k * n), .bytes = bytes, .working_set = bytes};
  result.check = [=] { return check_product(rows, k, n, set); };
  result.make = [=] {
    auto product = std::make_shared<Product>(make_product(rows, k, n));
    return Subject{{}, [product, set](std::size_t repeats) {
                     for (std::size_t i = 0; i < repeats; ++i) multiply(*product, set);
                   }};
  };
  return result;
}

struct Activation {
  AlignedBuffer<float> x, value, slope;
};

Activation make_activation(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  Activation result{AlignedBuffer<float>(count), AlignedBuffer<float>(count),
                    AlignedBuffer<float>(count)};
  for (std::size_t i = 0; i < count; ++i) result.x[i] = normal(random);
  return result;
}

Check check_silu(std::size_t count, cpu::InstructionSet set) {
  Activation data = make_activation(count);
  std::fill_n(data.value.data(), count, std::nanf(""));
  cpu::kernels<float>(set).silu(count, data.x.data(), data.value.data(), data.slope.data());
  // The polynomial's 5e-7, relative to values of at most about 10.
  Check check{.error = 0.0, .tolerance = 2e-6, .against = "std::exp in double precision"};
  for (std::size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(data.x[i]), logistic = 1.0 / (1.0 + std::exp(-x));
    for (const auto& [actual, expected] :
         {std::pair{data.value[i], x * logistic},
          std::pair{data.slope[i], logistic * (1.0 + x * (1.0 - logistic))}}) {
      const double error =
          std::abs(static_cast<double>(actual) - expected) / std::max(1.0, std::abs(expected));
      check.error = larger_or_nan(check.error, error);
    }
  }
  return check;
}

MicroCase silu_case(std::size_t count, cpu::InstructionSet set) {
  MicroCase result;
  result.stage = "silu";
  result.shape = "value+slope";
  result.size = std::to_string(count);
  result.set = to_string(set);
  result.name = "silu/" + result.shape + "/" + result.size + "/" + result.set;
  const auto n = static_cast<double>(count);
  result.work = {.flops = 20.0 * n, .bytes = 12.0 * n, .working_set = 12.0 * n};
  result.check = [=] { return check_silu(count, set); };
  result.make = [=] {
    auto data = std::make_shared<Activation>(make_activation(count));
    return Subject{{}, [=](std::size_t repeats) {
                     for (std::size_t i = 0; i < repeats; ++i) {
                       cpu::kernels<float>(set).silu(count, data->x.data(), data->value.data(),
                                                     data->slope.data());
                     }
                   }};
  };
  return result;
}

}  // namespace

std::vector<MicroCase> dense_cases(const MicroAxes& axes) {
  std::vector<MicroCase> cases;
  for (const cpu::InstructionSet set : axes.sets) {
    // The update block of H = 32, 64 and 128 in both orientations, and the folded head.
    for (const auto& [k, n] : {std::pair<std::size_t, std::size_t>{64, 32},
                               {32, 64},
                               {128, 64},
                               {64, 128},
                               {256, 128},
                               {128, 256},
                               {256, 64},
                               {128, 384}}) {
      cases.push_back(dense_case(12, k, n, set));
    }
    for (const std::size_t rows : {1U, 2U, 3U, 4U, 6U, 96U}) {
      cases.push_back(dense_case(rows, 128, 256, set));
    }
    for (const std::size_t count : {384U, 1536U, 12288U}) cases.push_back(silu_case(count, set));
  }
  return cases;
}

}  // namespace fusemd::benchmarks
