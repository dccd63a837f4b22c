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

class Adam final : public Optimizer {
 public:
  Adam(const ParameterLayout& layout, cpu::InstructionSet set)
      : size_(layout.size), run_(kernels<float>(set)) {
    for (auto* array : {&first_, &second_, &average_}) array->ensure(size_);
  }

  double step(float* parameters, const float* gradient, double learning_rate) override {
    const double norm = std::sqrt(run_.squares(gradient, size_));
    if (!std::isfinite(norm)) return norm;
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
    return norm;
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

 private:
  std::size_t size_;
  const Kernels<float>& run_;
  std::int64_t steps_ = 0;
  cpu::AlignedBuffer<float> first_, second_, average_;
};

}  // namespace

const std::vector<std::string>& optimizer_names() {
  static const std::vector<std::string> names = {"adam"};
  return names;
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                          const ParameterLayout& layout,
                                          cpu::InstructionSet set) {
  if (name == "adam") return std::make_unique<Adam>(layout, set);
  throw std::invalid_argument("no optimiser of the name " + name);
}

}  // namespace fusemd::train
