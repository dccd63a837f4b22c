// SPDX-License-Identifier: MIT
#include "test/simt/kernels/network_fixture.hpp"

#include <algorithm>
#include <cmath>

#include "host/cuda/dense_word.hpp"

namespace fusemd::test {
namespace {

constexpr double kSpacing = 1.2;   // Angstrom
constexpr double kScatter = 0.35;  // Angstrom

}  // namespace

NetworkFixture::NetworkFixture(const StudentConfig& config, std::size_t n, std::uint64_t seed)
    : parameters(student_parameters(make_model(config, seed))),
      n_atoms(n),
      n_channels(static_cast<std::size_t>(config.hidden_dim)) {
  constexpr int kElements[] = {1, 6, 7, 8};
  Random random(seed + 1);
  for (std::size_t i = 0; i < n; ++i) {
    atomic_numbers.push_back(kElements[random.below(4)]);
    positions.push_back({kSpacing * static_cast<double>(i) + random.uniform(-kScatter, kScatter),
                         random.uniform(-kScatter, kScatter), random.uniform(-kScatter, kScatter)});
  }
  reference::forward(parameters, atomic_numbers, positions, values);
  reference::backward(parameters, values, gradients);
}

std::vector<double> features(const reference::Matrix& s, const reference::Matrix& v) {
  std::vector<double> result;
  result.reserve(4 * s.rows() * s.columns());
  for (std::size_t i = 0; i < s.rows(); ++i) {
    const auto append = [&](std::span<const double> row) {
      result.insert(result.end(), row.begin(), row.end());
    };
    append(s.row(i));
    for (std::size_t a = 0; a < 3; ++a) append(v.row(3 * i + a));
  }
  return result;
}

std::vector<float> rounded(const std::vector<double>& values) {
  std::vector<float> result(values.size());
  std::ranges::transform(values, result.begin(), [](double x) { return static_cast<float>(x); });
  return result;
}

Tolerance of_largest(const std::vector<double>& expected, double relative, const std::string& why) {
  double largest = 0.0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  return {.absolute = relative * largest, .why = why};
}

LaunchPolicy node_policy(unsigned threads, unsigned rows, unsigned blocks) {
  LaunchPolicy policy = launch_policy(75);
  policy.node_threads = threads;
  policy.node_rows = rows;
  policy.node_blocks = blocks;
  return policy;
}

std::string kind_name(DenseKind kind) { return cuda::dense_word(kind); }

}  // namespace fusemd::test
