// SPDX-License-Identifier: MIT
#include "host/train/reference_energies.hpp"

#include <algorithm>
#include <cmath>

namespace fusemd::train {
namespace {

/// A symmetric matrix, row by row.
using Matrix = std::vector<std::vector<double>>;

/// Eigenvalues on the diagonal of `a`, eigenvectors in the columns of the result: cyclic Jacobi
/// rotations (Golub & Van Loan, Matrix Computations, section 8.5).
Matrix diagonalise(Matrix& a) {
  const std::size_t n = a.size();
  Matrix vectors(n, std::vector<double>(n, 0.0));
  for (std::size_t k = 0; k < n; ++k) vectors[k][k] = 1.0;
  constexpr int kSweeps = 60;  // quadratic convergence: ten are plenty
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p][q] == 0.0) continue;
        const double tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
        const double t = (tau >= 0.0 ? 1.0 : -1.0) / (std::abs(tau) + std::sqrt(1.0 + tau * tau));
        const double c = 1.0 / std::sqrt(1.0 + t * t), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double kp = a[k][p], kq = a[k][q];
          a[k][p] = c * kp - s * kq;
          a[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double pk = a[p][k], qk = a[q][k];
          a[p][k] = c * pk - s * qk;
          a[q][k] = s * pk + c * qk;
          const double vp = vectors[k][p], vq = vectors[k][q];
          vectors[k][p] = c * vp - s * vq;
          vectors[k][q] = s * vp + c * vq;
        }
      }
    }
  }
  return vectors;
}

}  // namespace

ReferenceEnergyFit fit_reference_energies(std::span<const Structure> structures,
                                          std::span<const double> energies,
                                          const std::vector<int>& elements) {
  const std::size_t n = elements.size();
  const auto shares = [&](const Structure& structure) {
    std::vector<double> row(n, 0.0);
    for (const int z : structure.atomic_numbers) {
      row[static_cast<std::size_t>(std::ranges::lower_bound(elements, z) - elements.begin())] +=
          1.0 / static_cast<double>(structure.size());
    }
    return row;
  };
  Matrix normal(n, std::vector<double>(n, 0.0));
  std::vector<double> right(n, 0.0);
  for (std::size_t k = 0; k < structures.size(); ++k) {
    const std::vector<double> row = shares(structures[k]);
    const double energy = energies[k] / static_cast<double>(structures[k].size());
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) normal[a][b] += row[a] * row[b];
      right[a] += row[a] * energy;
    }
  }
  const Matrix vectors = diagonalise(normal);
  double largest = 0.0;
  for (std::size_t k = 0; k < n; ++k) largest = std::max(largest, normal[k][k]);

  ReferenceEnergyFit fit;
  std::vector<double> solution(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    // Compositions differ by whole atoms: an eigenvalue this small is rounding, not information.
    if (!(normal[k][k] > 1e-9 * largest)) continue;
    ++fit.rank;
    double along = 0.0;
    for (std::size_t a = 0; a < n; ++a) along += vectors[a][k] * right[a];
    for (std::size_t a = 0; a < n; ++a) solution[a] += vectors[a][k] * along / normal[k][k];
  }
  for (std::size_t a = 0; a < n; ++a) fit.energies[elements[a]] = solution[a];
  double squares = 0.0;
  for (std::size_t k = 0; k < structures.size(); ++k) {
    const std::vector<double> row = shares(structures[k]);
    double rest = energies[k] / static_cast<double>(structures[k].size());
    for (std::size_t a = 0; a < n; ++a) rest -= row[a] * solution[a];
    squares += rest * rest;
  }
  fit.rms = structures.empty() ? 0.0 : std::sqrt(squares / static_cast<double>(structures.size()));
  return fit;
}

}  // namespace fusemd::train
