// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/cpu/aligned_buffer.hpp"
#include "host/cpu/instruction_set.hpp"
#include "host/train/parameter_layout.hpp"

namespace fusemd::train {

/// What an optimiser keeps between steps, and a checkpoint with it.
struct OptimizerState {
  std::int64_t steps = 0;
  std::vector<std::span<float>> arrays;
};

/// Turns gradients into new parameters, and keeps a running average of them (Polyak & Juditsky,
/// SIAM J. Control Optim. 30, 838 (1992), with exponential weights), which is what is validated and
/// written: average += (1 - decay) (parameters - average), decay = min(0.999, t / (t + 50)).
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step. `parameters` and `gradient` have the layout's size; the gradient is scaled down to a
  /// norm of `kClip` if it is longer. Returns the norm before; if that is not finite nothing is
  /// changed.
  virtual double step(float* parameters, const float* gradient, double learning_rate) = 0;

  virtual const float* average() const = 0;
  /// Starts over from these parameters: no memory of earlier gradients.
  virtual void reset(const float* parameters) = 0;
  virtual OptimizerState state() = 0;
  virtual void set_steps(std::int64_t steps) = 0;

  static constexpr double kClip = 10.0;
};

/// Names that make_optimizer() takes, the default first.
const std::vector<std::string>& optimizer_names();

/// adam   Kingma & Ba, ICLR 2015, algorithm 1: beta 0.9, 0.999, epsilon 1e-8
///
/// Errors   std::invalid_argument for any other name.
std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                          const ParameterLayout& layout,
                                          cpu::InstructionSet set);

}  // namespace fusemd::train
