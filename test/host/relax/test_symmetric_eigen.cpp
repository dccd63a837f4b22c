// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

#include "host/relax/symmetric_eigen.hpp"
#include "test/support/catch.hpp"

namespace {

using fusemd::symmetric_eigen;

TEST_CASE("the second difference has its known eigenvalues") {
  // 2 - 2 cos(k pi / (n + 1)), k = 1 ... n.
  constexpr std::size_t n = 40;
  std::vector<double> matrix(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    matrix[i * n + i] = 2.0;
    if (i + 1 < n) matrix[i * n + i + 1] = -1.0;  // the lower triangle is not read
  }
  const auto eigen = symmetric_eigen(matrix, n);
  REQUIRE(eigen.values.size() == n);
  for (std::size_t k = 0; k < n; ++k) {
    const double expected =
        2.0 - 2.0 * std::cos(static_cast<double>(k + 1) * std::numbers::pi / (n + 1));
    CHECK(std::abs(eigen.values[k] - expected) < 1e-13);
  }
}

TEST_CASE("vectors are orthonormal and solve the problem, degenerate values included") {
  constexpr std::size_t n = 30;
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> matrix(n * n);
  for (double& x : matrix) x = normal(random);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) matrix[i * n + j] = matrix[j * n + i];
  }
  for (std::size_t i = 0; i < n; ++i) {  // a degenerate block: rows 0 to 4 are 7 times the unit
    for (std::size_t j = 0; j < n; ++j) {
      if (i < 5 || j < 5) matrix[i * n + j] = i == j ? 7.0 : 0.0;
    }
  }
  const auto eigen = symmetric_eigen(matrix, n);
  double residual = 0.0, overlap = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    const double* const v = eigen.vectors.data() + k * n;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = -eigen.values[k] * v[i];
      for (std::size_t j = 0; j < n; ++j) sum += matrix[i * n + j] * v[j];
      residual = std::fmax(residual, std::abs(sum));
    }
    for (std::size_t m = 0; m <= k; ++m) {
      double product = m == k ? -1.0 : 0.0;
      for (std::size_t i = 0; i < n; ++i) product += v[i] * eigen.vectors[m * n + i];
      overlap = std::fmax(overlap, std::abs(product));
    }
  }
  CHECK(residual < 1e-12);  // the norm is about 30
  CHECK(overlap < 1e-13);
}

TEST_CASE("what is no symmetric matrix is refused") {
  CHECK_THROWS_AS(symmetric_eigen({1.0, 2.0}, 2), std::invalid_argument);
  CHECK_THROWS_AS(symmetric_eigen({std::numeric_limits<double>::quiet_NaN()}, 1),
                  std::invalid_argument);
  CHECK(symmetric_eigen({}, 0).values.empty());
  CHECK(symmetric_eigen({-2.5}, 1).values[0] == -2.5);
  CHECK(symmetric_eigen({0.0, 0.0, 0.0, 0.0}, 2).values[1] == 0.0);
}

}  // namespace
