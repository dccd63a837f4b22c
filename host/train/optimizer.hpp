// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

/// Calls task(0) ... task(count - 1), each once, on whatever threads there are.
using ParallelFor =
    std::function<void(std::size_t count, const std::function<void(std::size_t)>& task)>;
/// One after the other.
void serial_for(std::size_t count, const std::function<void(std::size_t)>& task);

/// Turns gradients into new parameters, and keeps a running average of them (Polyak & Juditsky,
/// SIAM J. Control Optim. 30, 838 (1992), with exponential weights), which is what is validated and
/// written: average += (1 - decay) (parameters - average), decay = min(0.999, t / (t + 50)).
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One step. `parameters` and `gradient` have the layout's size; the gradient is scaled down to a
  /// norm of `kClip` if it is longer. Returns the norm before; if that is not finite nothing is
  /// changed. The result has the same bits whatever `parallel` does.
  virtual double step(float* parameters,
                      const float* gradient,
                      double learning_rate,
                      const ParallelFor& parallel = serial_for) = 0;

  virtual const float* average() const = 0;
  /// Starts over from these parameters: no memory of earlier gradients.
  virtual void reset(const float* parameters) = 0;
  virtual OptimizerState state() = 0;
  virtual void set_steps(std::int64_t steps) = 0;

  static constexpr double kClip = 10.0;
};

/// Names that make_optimizer() takes, the default first.
const std::vector<std::string>& optimizer_names();

/// muon   Jordan et al., kellerjordan.github.io/posts/muon (2024): for the weights of filters and
///        updates the direction is the momentum (0.95, Nesterov) with all its singular values
///        brought to about 1 by five Newton-Schulz steps, 0.2 sqrt(the larger dimension) times the
///        learning rate long (Liu et al., arXiv:2502.16982, eq. 4); Adam for all else
/// adam   Kingma & Ba, ICLR 2015, algorithm 1: beta 0.9, 0.999, epsilon 1e-8
///
/// Errors   std::invalid_argument for any other name.
std::unique_ptr<Optimizer> make_optimizer(const std::string& name,
                                          const ParameterLayout& layout,
                                          cpu::InstructionSet set);

}  // namespace fusemd::train
