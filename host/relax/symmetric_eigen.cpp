// SPDX-License-Identifier: MIT
#include "host/relax/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace fusemd {
namespace {

constexpr int kMostSweeps = 60;

/// Turns rows p and q of a [rows, n] array: (p, q) -> (c p - s q, s p + c q).
void turn_rows(std::vector<double>& a,
               std::size_t n,
               std::size_t p,
               std::size_t q,
               double c,
               double s) {
  double* const row_p = a.data() + p * n;
  double* const row_q = a.data() + q * n;
  for (std::size_t k = 0; k < n; ++k) {
    const double x = row_p[k], y = row_q[k];
    row_p[k] = c * x - s * y;
    row_q[k] = s * x + c * y;
  }
}

void turn_columns(std::vector<double>& a,
                  std::size_t n,
                  std::size_t p,
                  std::size_t q,
                  double c,
                  double s) {
  for (std::size_t k = 0; k < n; ++k) {
    const double x = a[k * n + p], y = a[k * n + q];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> a, std::size_t n) {
  if (a.size() != n * n) throw std::invalid_argument("symmetric_eigen: not a square matrix");
  double size = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) {
      a[j * n + i] = a[i * n + j];
      size += a[i * n + j] * a[i * n + j];
    }
  }
  if (!std::isfinite(size)) throw std::invalid_argument("symmetric_eigen: a value is not finite");
  const double small = std::numeric_limits<double>::epsilon() * std::sqrt(size) /
                       static_cast<double>(std::max<std::size_t>(n, 1));

  std::vector<double> vectors(n * n, 0.0);  // rows
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1.0;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool changed = false;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double off = a[p * n + q];
        if (!(std::abs(off) > small)) continue;
        changed = true;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
        const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1.0 / std::hypot(t, 1.0), s = t * c;
        turn_rows(a, n, p, q, c, s);
        turn_columns(a, n, p, q, c, s);
        a[p * n + q] = a[q * n + p] = 0.0;
        turn_rows(vectors, n, p, q, c, s);
      }
    }
    if (!changed) break;
  }

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return a[i * n + i] < a[j * n + j]; });
  SymmetricEigen result;
  for (const std::size_t i : order) {
    result.values.push_back(a[i * n + i]);
    result.vectors.insert(result.vectors.end(),
                          vectors.begin() + static_cast<std::ptrdiff_t>(i * n),
                          vectors.begin() + static_cast<std::ptrdiff_t>((i + 1) * n));
  }
  return result;
}

}  // namespace fusemd
