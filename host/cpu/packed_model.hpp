// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/cpu/aligned_buffer.hpp"
#include "host/student_parameters.hpp"
#include "weights/model.hpp"

namespace fusemd::cpu {

/// Channels are handled in blocks of 32: two AVX-512 vectors of float, 128 bytes, two cache lines.
inline constexpr std::size_t kBlock = 32;

/// Matrix columns are padded to this many, the narrowest tile that every instruction set divides.
inline constexpr std::size_t kColumnPadding = 16;

/// How a layer's filter table lies in memory (filter_table.hpp has the spline).
/// rows        B-spline coefficients, [block][knot][filter 3][32]: a quarter of the memory
/// monomials   c0 + c1 t + c2 t^2 + c3 t^3 an interval, [block][interval][filter 3][4][32]: fewer
///             operations for value and slope together
enum class TableLayout { rows, monomials };

/// B [k][n] of C = A B + bias, in panels of `panel_width` columns: [n / width][k][width]. A last
/// panel may be narrower (16).
template <class T>
struct PackedMatrix {
  std::size_t k = 0;
  std::size_t n = 0;  ///< padded to kColumnPadding
  AlignedBuffer<T> values;
  AlignedBuffer<T> bias;  ///< [n]
  bool has_bias = false;
};

/// The filter network of a layer, for exact filters: RBF [k] -> dense -> SiLU -> dense [3H].
template <class T>
struct PackedFilterNetwork {
  // The kernels add both biases themselves: they belong to value rows, not to slope rows.
  PackedMatrix<T> first;   ///< [R][H]
  PackedMatrix<T> second;  ///< [H][3H], columns [filter][channel]
};

/// One interaction layer. U1 and U2 of model.md (10) and (11), in both orientations.
template <class T>
struct PackedLayer {
  PackedMatrix<T> update_in;             ///< [2H][H]: rows [norms ; scalars]
  PackedMatrix<T> update_in_transposed;  ///< [H][2H]: columns [norms ; scalars]
  PackedMatrix<T> update_out;  ///< [H][gates H]: columns alpha, beta (, delta); not last layer
  PackedMatrix<T> update_out_transposed;  ///< [gates H][H]
  T mixing[9] = {};                       ///< M, row-major; read only with vector_mixing: matrix
  AlignedBuffer<T> table;                 ///< layout: PackedModel::table_layout
  PackedFilterNetwork<T> filter_network;
};

/// A model in the form that the kernels read: padded to whole channel blocks, transposed,
/// tabulated.
///
/// The last layer's U2 (only its alpha rows matter) and the head's first matrix are both linear, so
/// they are folded into one matrix in double precision: z1 = A1 s' + (A1 U2a) SiLU(q) + (A1 e2a +
/// a1).
template <class T>
struct PackedModel {
  StudentConfig config;
  std::size_t hidden = 0;  ///< H padded to whole blocks
  std::size_t blocks = 0;
  std::size_t n_layers = 0;
  std::size_t gates = 0;  ///< 2 (alpha, beta) or 3 (with delta)
  bool mixing = false;
  bool source = false;  ///< directional_message: filter_times_source
  bool tabulated = true;
  TableLayout table_layout = TableLayout::rows;
  std::size_t n_intervals = 0;
  std::size_t table_block_stride = 0;  ///< elements of one block's table
  double cutoff = 0.0;
  std::size_t n_rbf = 0;
  RadialBasis basis;

  AlignedBuffer<T> embedding;  ///< [max_z + 1][hidden]
  std::vector<PackedLayer<T>> layers;
  PackedMatrix<T> head_1;             ///< [2H][H/2]: rows [scalars ; hidden layer of the update]
  PackedMatrix<T> head_1_transposed;  ///< [H/2][2H]
  PackedMatrix<T> head_2;             ///< [H/2][H/4]
  PackedMatrix<T> head_2_transposed;
  AlignedBuffer<T> head_3;  ///< [H/4 padded]
  double head_3_bias = 0.0;
  std::vector<double> reference_energies;  ///< eV, by atomic number
};

struct PackingOptions {
  bool tabulated = true;
  std::size_t n_intervals = 512;
  std::size_t panel_width = 32;  ///< that of the kernels which will read it
};

/// Tables and folded matrices are computed in double and rounded to T once.
template <class T>
PackedModel<T> pack_model(const Model& model, const PackingOptions& options);

extern template PackedModel<float> pack_model<float>(const Model&, const PackingOptions&);
extern template PackedModel<double> pack_model<double>(const Model&, const PackingOptions&);

}  // namespace fusemd::cpu
