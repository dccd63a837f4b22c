// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "host/cpu/instruction_set.hpp"
#include "host/train/workspace.hpp"

namespace fusemd::train {

/// Adam's state and constants for one step (optimizer.hpp has the formulas).
struct AdamStep {
  const float* gradient;
  float *parameters, *first, *second, *average;
  float gradient_scale;                      ///< of clipping
  float beta_1, beta_2, step_size, epsilon;  ///< step_size and epsilon with bias corrections
  float average_decay;
};

/// The numerical code compiled for one instruction set (simd/). float is what trains; double is the
/// same text and proves the gradient.
template <class T>
struct Kernels {
  std::size_t panel_width;  ///< columns of a packed matrix's panel

  /// Packs one matrix: `transposed` says that B[k][n] = source[n][k], else B[k][n] = source[k][n].
  /// Shapes   source has rows of `stride`; the matrix's k and n are set and its memory is there.
  void (*pack)(const T* source, std::size_t stride, bool transposed, cpu::PackedMatrix<T>& matrix);

  /// Fills the basis and the cutoff function of the knots.
  void (*prepare_knots)(Shared<T>&);
  /// Filters of one layer on the knots [begin, end).
  void (*knot_filters)(Shared<T>&, std::size_t layer, std::size_t begin, std::size_t end);
  /// From the gradients of one layer's knots, in `rows`, to those of its filter network. `scratch`
  /// is as large as FilterRows::hidden.
  void (*knot_gradient)(Shared<T>&, std::size_t layer, T* rows, T* scratch, T* gradient);

  /// Energies and forces of the workspace's frames; with `gradient` also the loss and its
  /// gradient, which is added. With knots the filters' part goes to knot_gradient[layer] instead,
  /// of KnotTable's shapes.
  void (*process)(const Shared<T>&, Workspace<T>&, T* gradient, T* const* knot_gradient);

  /// target[k] = sum over the sources, in their order; returns nothing. count is a multiple of 16.
  void (*sum)(const T* const* sources, std::size_t n_sources, std::size_t count, T* target);
  /// C [rows][columns] += A^T B, the sums running over `count` rows of A and B; columns a multiple
  /// of 16.
  void (*add_product)(const T* a,
                      std::size_t a_stride,
                      const T* b,
                      std::size_t b_stride,
                      std::size_t count,
                      std::size_t rows,
                      std::size_t columns,
                      T* c,
                      std::size_t c_stride);
  /// Sum of squares in double.
  double (*squares)(const T* values, std::size_t count);
  void (*adam)(const AdamStep& step, std::size_t begin, std::size_t end);
};

template <class T>
const Kernels<T>& kernels(cpu::InstructionSet set);

template <>
const Kernels<float>& kernels<float>(cpu::InstructionSet set);
template <>
const Kernels<double>& kernels<double>(cpu::InstructionSet set);

}  // namespace fusemd::train
