// SPDX-License-Identifier: MIT
#include "host/train/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/train/kernels.hpp"

namespace fusemd::train {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
constexpr double kLongestAverage = 0.999;
constexpr double kAverageWarmUp = 50.0;

double average_decay(std::int64_t steps) {
  const auto t = static_cast<double>(steps);
  return std::min(kLongestAverage, t / (t + kAverageWarmUp));
}

class Adam : public Optimizer {
 public:
  Adam(const ParameterLayout& layout, cpu::InstructionSet set)
      : size_(layout.size), run_(kernels<float>(set)) {
    for (auto* array : {&first_, &second_, &average_}) array->ensure(size_);
  }

  double step(float* parameters,
              const float* gradient,
              double learning_rate,
              const ParallelFor& /*parallel*/) override {
    const double norm = std::sqrt(run_.squares(gradient, size_));
    if (std::isfinite(norm)) apply(parameters, gradient, learning_rate, norm);
    return norm;
  }

  void apply(float* parameters, const float* gradient, double learning_rate, double norm) {
    ++steps_;
    const auto t = static_cast<double>(steps_);
    const double root = std::sqrt(1.0 - std::pow(kBeta2, t));
    AdamStep step;
    step.gradient = gradient;
    step.parameters = parameters;
    step.first = first_.data();
    step.second = second_.data();
    step.average = average_.data();
    step.gradient_scale = static_cast<float>(std::min(1.0, kClip / norm));
    step.beta_1 = static_cast<float>(kBeta1);
    step.beta_2 = static_cast<float>(kBeta2);
    step.step_size = static_cast<float>(learning_rate * root / (1.0 - std::pow(kBeta1, t)));
    step.epsilon = static_cast<float>(kEpsilon * root);
    step.average_decay = static_cast<float>(average_decay(steps_));
    run_.adam(step, 0, size_);
  }

  const float* average() const override { return average_.data(); }

  void reset(const float* parameters) override {
    steps_ = 0;
    std::fill_n(first_.data(), size_, 0.0F);
    std::fill_n(second_.data(), size_, 0.0F);
    std::copy_n(parameters, size_, average_.data());
  }

  OptimizerState state() override {
    return {steps_, {{first_.data(), size_}, {second_.data(), size_}, {average_.data(), size_}}};
  }
  void set_steps(std::int64_t steps) override { steps_ = steps; }

 protected:
  std::size_t size_;
  const Kernels<float>& run_;
  std::int64_t steps_ = 0;
  cpu::AlignedBuffer<float> first_, second_, average_;
};

class Muon final : public Adam {
 public:
  Muon(const ParameterLayout& layout, cpu::InstructionSet set) : Adam(layout, set) {
    for (const LayerSlots& slots : layout.layers) {
      for (const DenseSlot& slot : {slots.filter, slots.update_in, slots.update_out}) {
        matrices_.emplace_back(slot);
      }
    }
    rest_.ensure(size_);
    momentum_.ensure(size_);
  }

  double step(float* parameters,
              const float* gradient,
              double learning_rate,
              const ParallelFor& parallel) override {
    const double norm = std::sqrt(run_.squares(gradient, size_));
    if (!std::isfinite(norm)) return norm;
    // Adam sees no gradient where Muon steps, so its own change there is none.
    std::copy_n(gradient, size_, rest_.data());
    for (const Matrix& matrix : matrices_) {
      std::fill_n(rest_.data() + matrix.offset, matrix.rows * matrix.columns, 0.0F);
    }
    parallel(matrices_.size(),
             [&](std::size_t k) { move(matrices_[k], parameters, gradient, learning_rate); });
    apply(parameters, rest_.data(), learning_rate, norm);
    return norm;
  }

  void reset(const float* parameters) override {
    Adam::reset(parameters);
    std::fill_n(momentum_.data(), size_, 0.0F);
  }

  OptimizerState state() override {
    OptimizerState state = Adam::state();
    state.arrays.emplace_back(momentum_.data(), size_);
    return state;
  }

 private:
  /// A weight [rows][columns] and the scratch memory of its step.
  struct Matrix {
    explicit Matrix(const DenseSlot& slot) : offset(slot.weight), rows(slot.out), columns(slot.in) {
      for (auto* array : {&wide, &tall, &next}) array->ensure(rows * columns);
      const std::size_t low = std::min(rows, columns);
      gram.ensure(low * low);
      square.ensure(low * low);
    }
    std::size_t offset, rows, columns;
    cpu::AlignedBuffer<float> wide, tall, next, gram, square;
  };

  void move(Matrix& matrix, float* parameters, const float* gradient, double learning_rate) {
    constexpr float kMomentum = 0.95F;
    constexpr int kNewtonSchulzSteps = 5;
    const std::size_t count = matrix.rows * matrix.columns;
    const std::size_t low = std::min(matrix.rows, matrix.columns),
                      high = std::max(matrix.rows, matrix.columns);
    const bool flat = matrix.columns >= matrix.rows;
    float* tall = matrix.tall.data();  // [high][low]: the matrix, or its transpose if that is flat
    float* momentum = momentum_.data() + matrix.offset;
    const float* g = gradient + matrix.offset;
    for (std::size_t r = 0; r < matrix.rows; ++r) {
      for (std::size_t c = 0; c < matrix.columns; ++c) {
        const std::size_t at = r * matrix.columns + c;
        momentum[at] = kMomentum * momentum[at] + g[at];
        tall[flat ? c * low + r : at] = g[at] + kMomentum * momentum[at];
      }
    }
    const double size = std::sqrt(run_.squares(tall, count));
    if (!(size > 0.0) || !std::isfinite(size)) return;
    for (std::size_t k = 0; k < count; ++k) tall[k] *= static_cast<float>(1.0 / size);
    for (int k = 0; k < kNewtonSchulzSteps; ++k) newton_schulz(matrix, low, high);
    const auto scale =
        static_cast<float>(learning_rate * 0.2 * std::sqrt(static_cast<double>(high)));
    float* w = parameters + matrix.offset;
    for (std::size_t r = 0; r < matrix.rows; ++r) {
      for (std::size_t c = 0; c < matrix.columns; ++c) {
        const std::size_t at = r * matrix.columns + c;
        w[at] -= scale * tall[flat ? c * low + r : at];
      }
    }
  }

  /// X <- a X + (b X X^T + c (X X^T)^2) X for X = wide [low][high], kept as its transpose tall.
  void newton_schulz(Matrix& matrix, std::size_t low, std::size_t high) const {
    constexpr float a = 3.4445F, b = -4.7750F, c = 2.0315F;
    float *wide = matrix.wide.data(), *tall = matrix.tall.data(), *next = matrix.next.data();
    float *gram = matrix.gram.data(), *square = matrix.square.data();
    for (std::size_t r = 0; r < high; ++r) {
      for (std::size_t k = 0; k < low; ++k) wide[k * high + r] = tall[r * low + k];
    }
    std::fill_n(gram, low * low, 0.0F);
    std::fill_n(square, low * low, 0.0F);
    std::fill_n(next, low * high, 0.0F);
    run_.add_product(tall, low, tall, low, high, low, low, gram, low);
    run_.add_product(gram, low, gram, low, low, low, low, square, low);
    for (std::size_t k = 0; k < low * low; ++k) gram[k] = b * gram[k] + c * square[k];
    run_.add_product(wide, high, gram, low, low, high, low, next, low);
    for (std::size_t k = 0; k < low * high; ++k) tall[k] = a * tall[k] + next[k];
  }

  std::vector<Matrix> matrices_;
  cpu::AlignedBuffer<float> rest_, momentum_;
};

}  // namespace

void serial_for(std::size_t count, const std::function<void(std::size_t)>& task) {
  for (std::size_t k = 0; k < count; ++k) task(k);
}

const std::vector<std::string>& optimizer_names() {
  static const std::vector<std::string> names = {"muon", "adam"};
  return names;
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                          const ParameterLayout& layout,
                                          cpu::InstructionSet set) {
  if (name == "adam") return std::make_unique<Adam>(layout, set);
  if (name == "muon") return std::make_unique<Muon>(layout, set);
  throw std::invalid_argument("no optimiser of the name " + name);
}

}  // namespace fusemd::train
