// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "host/cpu/aligned_buffer.hpp"
#include "host/train/gradient.hpp"
#include "test/host/train/oracle.hpp"
#include "test/support/close.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

using cpu::AlignedBuffer;
using cpu::InstructionSet;
using train::Frame;
using train::Gradient;
using train::GradientOptions;
using train::LossKind;
using train::ParameterLayout;

/// Labels far from what any model says, so that the loss has large residuals: with small ones
/// v = e / |e| would turn rounding into directions.
Structure labelled(const System& system, Random& random) {
  Structure frame;
  frame.atomic_numbers = system.atomic_numbers;
  frame.positions = system.positions;
  frame.energy = random.uniform(-10.0, 10.0);
  frame.forces.emplace();
  for (std::size_t i = 0; i < system.size(); ++i) {
    frame.forces->push_back(random_in_cube(random, 3.0));
    // The trainer keeps labels in single precision.
    Vec3& f = frame.forces->back();
    for (double* x : {&f.x, &f.y, &f.z}) *x = static_cast<double>(static_cast<float>(*x));
  }
  return frame;
}

/// A model with its layout and a batch, in one precision.
template <class T>
struct Problem {
  Problem(const StudentConfig& config, const std::vector<Structure>& structures)
      : model(make_model(config, 11)), layout(config, model.elements) {
    for (const Structure& s : structures) frames.push_back(train::make_frame(s, layout, {}));
    for (const Frame& frame : frames) batch.push_back(&frame);
    parameters.ensure(layout.size);
    gradient.ensure(layout.size);
    layout.gather(model, std::span<T>(parameters.data(), layout.size));
  }
  double compute(const GradientOptions& options) {
    std::fill_n(gradient.data(), layout.size, std::nan(""));
    return Gradient<T>(layout, radial_basis(model), options)
        .compute(parameters.data(), batch, gradient.data());
  }

  Model model;
  ParameterLayout layout;
  std::vector<Frame> frames;
  std::vector<const Frame*> batch;
  AlignedBuffer<T> parameters, gradient;
};

std::vector<Structure> labelled(const std::vector<System>& systems, std::uint64_t seed) {
  Random random(seed);
  std::vector<Structure> frames;
  for (const System& system : systems) frames.push_back(labelled(system, random));
  return frames;
}

/// Small frames with everything that may go wrong: an atom alone, pairs on, just inside and just
/// outside the cutoff, a molecule out of reach of another.
std::vector<Structure> hard_frames() {
  return labelled(
      {single_atom(6), pair(1, 8, 5.0), pair(6, 7, 4.9999), pair(1, 1, 5.0001),
       rattled(water(), 0.1, 1), rattled(two_waters(9.0), 0.1, 2), rattled(methane(), 0.1, 3)},
      17);
}

std::vector<Structure> many_frames() {
  std::vector<System> systems;
  for (std::uint64_t k = 0; k < 5; ++k) {
    for (const System& system : {ethanol(), benzene(), water(), aspirin()}) {
      systems.push_back(rattled(system, 0.1, 100 + k));
    }
  }
  return labelled(systems, 18);
}

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
