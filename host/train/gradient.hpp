// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "host/cpu/instruction_set.hpp"
#include "host/student_parameters.hpp"
#include "host/train/frame.hpp"
#include "host/train/loss.hpp"
#include "host/train/parameter_layout.hpp"

namespace fusemd::train {

struct GradientOptions {
  Loss loss;
  std::size_t knots = 0;    ///< filters are interpolated between so many distances; 0: exact
  double first_knot = 0.5;  ///< Angstrom; no pair is nearer
  cpu::InstructionSet instruction_set = cpu::InstructionSet::sse4;
  std::size_t threads = 1;
};

/// Errors of forces and energies over a set of frames, as sums: sets can be added.
struct ErrorSums {
  double frames = 0.0, components = 0.0;
  double absolute_force = 0.0, squared_force = 0.0;    ///< over components, eV/Angstrom
  double label_force = 0.0, squared_label = 0.0;       ///< of the labels themselves
  double absolute_energy = 0.0, squared_energy = 0.0;  ///< per atom, over frames, eV

  double force_mae() const { return absolute_force / components; }
  double force_rmse() const;
  double force_r2() const;
  double energy_mae() const { return absolute_energy / frames; }
  double energy_rmse() const;
};

/// Loss and exact gradient of batches of frames (docs/training.md).
///
/// Work     six times the multiply-adds of the energy alone, times the frames; with knots the
///          filter networks run once a batch on each knot instead of once a pair.
/// Result   the same bits for any number of threads: a batch is cut into lanes by its size alone,
///          lanes into micro-batches, and the lanes' sums are added in order.
template <class T>
class Gradient {
 public:
  /// The layout must outlive it.
  Gradient(const ParameterLayout& layout, const RadialBasis& basis, const GradientOptions& options);
  ~Gradient();
  Gradient(const Gradient&) = delete;
  Gradient& operator=(const Gradient&) = delete;

  /// The loss of a batch; overwrites its gradient. Both arrays have the layout's size and are
  /// aligned to 64 bytes.
  double compute(const T* parameters, std::span<const Frame* const> batch, T* gradient);

  /// Calls task(0) ... task(count - 1), each once, on the threads that compute gradients.
  void parallel(std::size_t count, const std::function<void(std::size_t)>& task);

  /// Errors with exact filters, whatever the options say.
  ErrorSums evaluate(const T* parameters, std::span<const Frame* const> frames);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class Gradient<float>;
extern template class Gradient<double>;

}  // namespace fusemd::train
