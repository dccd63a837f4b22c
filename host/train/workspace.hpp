// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/cpu/aligned_buffer.hpp"
#include "host/cpu/packed_model.hpp"
#include "host/student_parameters.hpp"
#include "host/train/frame.hpp"
#include "host/train/loss.hpp"
#include "host/train/parameter_layout.hpp"

namespace fusemd::train {

// The names of docs/training.md: of every quantity X of the model there is a value X, a tangent X.
// (its derivative when the atoms move along the force error), an adjoint X~ (dX of -E) and a
// gradient X^ (dX of the loss). Value and tangent share a buffer, as do gradient and adjoint: the
// first n rows hold the one, the next n the other, so that a weight's gradient is one product.

/// Both orientations of the weights in panels for the dense kernels; biases stay in the flat array.
template <class T>
struct PackedLayer {
  cpu::PackedMatrix<T> basis;                        ///< W1
  cpu::PackedMatrix<T> filter, filter_back;          ///< W2 and its transpose
  cpu::PackedMatrix<T> update_in, update_in_back;    ///< U1
  cpu::PackedMatrix<T> update_out, update_out_back;  ///< U2
};

template <class T>
struct PackedParameters {
  std::vector<PackedLayer<T>> layers;
  cpu::PackedMatrix<T> head_1, head_1_back, head_2, head_2_back;
};

/// What a layer's filter network computes on a list of distances: those of the pairs, or knots.
template <class T>
struct FilterRows {
  cpu::AlignedBuffer<T> hidden;            ///< a = S(h), a' = S'(h) h' [2 n][row(H)]
  cpu::AlignedBuffer<T> slope, curvature;  ///< S'(h), S''(h) h' [n][row(H)]
  cpu::AlignedBuffer<T> filter;            ///< f, f' [2 n][row(3H)]; in the reverse pass w^, w'^
};

/// Filters on evenly spaced knots, from which those of pairs are interpolated (cubic Hermite).
template <class T>
struct KnotTable {
  std::size_t count = 0;
  double first = 0.0, spacing = 0.0;  ///< Angstrom
  cpu::AlignedBuffer<T> basis;        ///< g, g' [2 count][R padded]
  cpu::AlignedBuffer<T> cutoff, cutoff_slope;
  std::vector<FilterRows<T>> layers;
};

/// What all threads read during one batch.
template <class T>
struct Shared {
  explicit Shared(const ParameterLayout& the_layout) : layout(the_layout) {}
  const ParameterLayout& layout;
  RadialBasis basis;
  const T* parameters = nullptr;
  PackedParameters<T> packed;
  KnotTable<T> knots;
  bool interpolated = false;  ///< filters of pairs come from the knots
  Loss loss;
  double inverse_atoms = 0.0, inverse_frames = 0.0;  ///< of the whole batch
};

/// One layer of a micro-batch of N atoms and P pairs.
template <class T>
struct LayerRows {
  FilterRows<T> filters;                 ///< of the pairs
  cpu::AlignedBuffer<T> filter_adjoint;  ///< f~ [P][row(3H)]

  cpu::AlignedBuffer<T> s, v;              ///< the layer's input [2N][row(H)], [2N][row(3H)]
  cpu::AlignedBuffer<T> joined;            ///< s', n [2N][row(2H)]
  cpu::AlignedBuffer<T> vector;            ///< V' [2N][row(3H)]
  cpu::AlignedBuffer<T> hidden;            ///< c = S(q) [2N][row(H)]
  cpu::AlignedBuffer<T> slope, curvature;  ///< S'(q), S''(q) (times q. from the tangent pass on)
  cpu::AlignedBuffer<T> gates;             ///< alpha, beta [2N][row(2H)]

  cpu::AlignedBuffer<T> grad_s, grad_v, grad_joined, grad_vector, grad_gates;  ///< same shapes
  cpu::AlignedBuffer<T> grad_hidden_input;  ///< of q [2N][row(H)]
  cpu::AlignedBuffer<T> hidden_adjoint;     ///< c~ [N][row(H)]
};

/// Everything that the gradient of one micro-batch writes.
template <class T>
struct Workspace {
  void ensure(const ParameterLayout& layout, std::size_t atoms, std::size_t pairs, bool exact);

  /// A row of `channels` numbers, kept off the powers of two that would share cache sets.
  static constexpr std::size_t row(std::size_t channels) { return channels + kPadding; }

  std::span<const Frame* const> frames;
  std::size_t n_atoms = 0, n_pairs = 0;
  std::vector<std::uint16_t> species;
  std::vector<std::uint32_t> pair_begin, pair_i, pair_j;

  // Of each pair: u = r / (d + eps), 1 / (d + eps), (d + eps) / d; fc, fc'; the tangents d., u.
  cpu::AlignedBuffer<T> distance, direction[3], inverse, stretch, cutoff, cutoff_slope;
  cpu::AlignedBuffer<T> distance_tangent, direction_tangent[3];
  cpu::AlignedBuffer<T> along;          ///< u~, d~ of each pair, still vectors [P][4][lanes]
  cpu::AlignedBuffer<T> basis;          ///< g, g' [2P][R padded]
  std::vector<std::uint32_t> knot;      ///< interval of a pair
  cpu::AlignedBuffer<T> knot_position;  ///< in it, [0, 1]

  std::vector<LayerRows<T>> layers;      ///< [L + 1]; of the last only s, v and their gradients
  cpu::AlignedBuffer<T> filter_scratch;  ///< a^, a'^ [2P][row(H)]

  // The readout: p1, p2 and their derivatives [2N][row].
  cpu::AlignedBuffer<T> head_1, slope_1, curvature_1, head_2, slope_2, curvature_2;
  cpu::AlignedBuffer<T> grad_1, grad_2, adjoint_p1;  ///< of z1, z2 [2N]; p1~ [N]

  std::vector<double> atom_energies;
  std::vector<double> frame_energies;  ///< [frames] eV, without reference energies
  std::vector<T> forces;               ///< [N][3]
  std::vector<T> force_weights;        ///< v = dL/dF [N][3]
  std::vector<T> energy_weights;       ///< dL/dE of an atom's frame [N]
  double loss = 0.0;                   ///< this micro-batch's part
};

extern template struct Workspace<float>;
extern template struct Workspace<double>;

}  // namespace fusemd::train
