// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "host/train/gradient.hpp"
#include "test/host/train/gradient_problem.hpp"
#include "test/host/train/oracle.hpp"
#include "test/support/close.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

using cpu::InstructionSet;
using train::Gradient;
using train::GradientOptions;
using train::LossKind;
using train::ParameterLayout;

struct Named {
  std::string name;
  StudentConfig config;
};
std::vector<Named> sizes() {
  return {{"original", shipped_switches(128, 3, 20)},
          {"tiny", shipped_switches(64, 2, 12)},
          {"ultra_tiny", shipped_switches(32, 2, 10)},
          {"one layer of 20 channels", shipped_switches(20, 1, 7)}};
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

/// Derivative at 0 by five points: the error is h^4 / 30 of the fifth derivative, and rounding
/// 1.5 eps L / h.
template <class Function>
double slope_of(const Function& f, double h) {
  return (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h);
}

}  // namespace

TEST_CASE("the gradient of every tensor is the slope of the reference engine's loss") {
  const std::vector<Structure> structures = hard_frames();
  for (const auto& [name, config] : sizes()) {
    Problem<double> problem(config, structures);
    const ParameterLayout& layout = problem.layout;
    const StudentParameters start = student_parameters(problem.model);
    for (const LossKind kind : {LossKind::norm, LossKind::square, LossKind::huber}) {
      const double loss = problem.compute({.loss = {kind, 0.7}});
      require_close(loss, oracle_loss(start, structures, kind, 0.7),
                    {0.0, 1e-12, "two double-precision engines"});
      // One direction a tensor: all its blocks move together.
      std::map<std::string, std::vector<double>> directions;
      Random random(5);
      for (const train::ParameterBlock& block : layout.blocks) {
        auto& direction = directions[block.tensor];
        direction.resize(layout.size, 0.0);
        for (std::size_t r = 0; r < block.rows; ++r) {
          for (std::size_t c = 0; c < block.columns; ++c) {
            direction[block.offset + r * block.row_stride + c * block.column_stride] =
                random.uniform(-1.0, 1.0);
          }
        }
      }
      const std::span<const double> gradient(problem.gradient.data(), layout.size);
      const double size = std::sqrt(dot(gradient, gradient));
      for (const auto& [tensor, direction] : directions) {
        // The other losses differ in a few lines of arithmetic: the smaller models show it.
        if (kind != LossKind::norm && config.hidden_dim > 64) break;
        INFO(name << ", loss " << static_cast<int>(kind) << ", " << tensor);
        const double length = std::sqrt(dot(direction, direction));
        const double slope = slope_of(
            [&](double step) {
              StudentParameters moved = start;
              displace(moved, layout, direction, step / length);
              return oracle_loss(moved, structures, kind, 0.7);
            },
            1e-3);
        require_close(
            dot(gradient, direction) / length, slope,
            {1e-9 * size, 1e-6, "rounding of the differences: 1e-16 / 1e-3 of a loss of 5"});
      }
    }
  }
}

TEST_CASE("padding and dead parameters have no gradient") {
  Problem<double> problem(shipped_switches(20, 2, 7), hard_frames());
  problem.compute({});
  std::size_t padding = 0;
  for (const auto& [begin, end] : problem.layout.padding) {
    for (std::size_t k = begin; k < end; ++k, ++padding) REQUIRE(problem.gradient[k] == 0.0);
  }
  REQUIRE(problem.layout.live + padding == problem.layout.size);
  const ParameterCount count = count_parameters(problem.layout.config);
  const std::size_t unused_rows = 11 - problem.layout.elements.size();
  REQUIRE(problem.layout.live == count.total - count.dead - 20 * unused_rows);
}

TEST_CASE("single precision, every instruction set and lanes agree with double") {
  for (const auto& structures : {hard_frames(), many_frames()}) {
    for (const auto& [name, config] : sizes()) {
      Problem<double> exact(config, structures);
      const double loss = exact.compute({});
      for (const InstructionSet set : cpu::supported_instruction_sets()) {
        INFO(name << ", " << to_string(set) << ", " << structures.size() << " frames");
        Problem<double> other(config, structures);
        require_close(other.compute({.instruction_set = set}), loss, {0.0, 1e-12, "rounding"});
        Problem<float> single(config, structures);
        require_close(single.compute({.instruction_set = set}), loss,
                      {0.0, 1e-5, "float rounding"});
        double difference = 0.0, difference_double = 0.0, square = 0.0;
        for (std::size_t k = 0; k < exact.layout.size; ++k) {
          const double g = exact.gradient[k];
          square += g * g;
          difference += std::pow(static_cast<double>(single.gradient[k]) - g, 2);
          difference_double += std::pow(other.gradient[k] - g, 2);
        }
        require_close(std::sqrt(difference / square), 0.0,
                      {2e-4, 0.0, "the project's limit for single precision"});
        require_close(std::sqrt(difference_double / square), 0.0, {1e-11, 0.0, "double rounding"});
      }
    }
  }
}

TEST_CASE("bits do not depend on the number of threads") {
  for (const std::size_t knots : {std::size_t{0}, std::size_t{64}}) {
    Problem<float> problem(shipped_switches(32, 2, 10), many_frames());
    GradientOptions options{.knots = knots};
    const double loss = problem.compute(options);
    std::vector<float> expected(problem.gradient.data(),
                                problem.gradient.data() + problem.layout.size);
    REQUIRE(std::isfinite(loss));
    for (const std::size_t threads : {2u, 3u, 7u}) {
      INFO(threads << " threads, " << knots << " knots");
      options.threads = threads;
      REQUIRE(problem.compute(options) == loss);
      REQUIRE(std::memcmp(problem.gradient.data(), expected.data(),
                          expected.size() * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("filters on knots: the exact gradient of a model close to the exact one") {
  const StudentConfig config = shipped_switches(32, 2, 10);
  Problem<double> problem(config, many_frames());
  const std::size_t n = problem.layout.size;
  const double exact_loss = problem.compute({});
  const std::vector<double> exact(problem.gradient.data(), problem.gradient.data() + n);
  const GradientOptions options{.knots = 256};
  const double loss = problem.compute(options);
  std::vector<double> gradient(problem.gradient.data(), problem.gradient.data() + n);
  require_close(loss, exact_loss, {0.0, 1e-5, "Hermite interpolation: (4.5 / 255)^4 / 384"});

  std::vector<double> difference(n);
  for (std::size_t k = 0; k < n; ++k) difference[k] = gradient[k] - exact[k];
  require_close(std::sqrt(dot(difference, difference) / dot(exact, exact)), 0.0,
                {2e-3, 0.0, "slopes are interpolated with the cube of the spacing"});

  Random random(9);
  std::vector<double> direction(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) direction[k] = random.uniform(-1.0, 1.0);
  for (const auto& [begin, end] : problem.layout.padding) {
    std::fill(direction.begin() + static_cast<std::ptrdiff_t>(begin),
              direction.begin() + static_cast<std::ptrdiff_t>(end), 0.0);
  }
  const std::vector<double> start(problem.parameters.data(), problem.parameters.data() + n);
  const double slope = slope_of(
      [&](double step) {
        for (std::size_t k = 0; k < n; ++k) problem.parameters[k] = start[k] + step * direction[k];
        return problem.compute(options);
      },
      1e-5);
  require_close(dot(gradient, direction), slope, {0.0, 1e-6, "five-point difference"});
}

TEST_CASE("errors of a set are those of the reference engine") {
  const std::vector<Structure> structures = many_frames();
  Problem<float> problem(shipped_switches(32, 2, 10), structures);
  Gradient<float> gradient(problem.layout, radial_basis(problem.model),
                           {.knots = 64, .threads = 2});
  const train::ErrorSums errors = gradient.evaluate(problem.parameters.data(), problem.batch);
  const StudentParameters parameters = student_parameters(problem.model);
  // With the square loss the two parts of the oracle are the mean squares themselves.
  const double forces = oracle_loss(parameters, structures, LossKind::square, 0.0);
  const double both = oracle_loss(parameters, structures, LossKind::square, 1.0);
  require_close(std::pow(errors.force_rmse(), 2), forces, {0.0, 1e-5, "float rounding"});
  require_close(std::pow(errors.energy_rmse(), 2), both - forces, {0.0, 1e-4, "float rounding"});
  REQUIRE(errors.frames == static_cast<double>(structures.size()));
}

TEST_CASE("variants that training does not know are refused") {
  for (const StudentConfig& config : all_switches(shipped_switches(32, 2, 10))) {
    INFO(switches_text(config));
    const bool known = switches_text(config) == switches_text(shipped_switches(32, 2, 10));
    if (known) {
      REQUIRE_NOTHROW(ParameterLayout(config, {1, 6}));
    } else {
      REQUIRE_THROWS_AS(ParameterLayout(config, {1, 6}), InputError);
    }
  }
}

}  // namespace fusemd::test
