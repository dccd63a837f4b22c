// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd::train {

/// Rows and columns of flat parameters are padded to whole vectors of every instruction set.
inline constexpr std::size_t kPadding = 16;

inline constexpr std::size_t padded(std::size_t count) {
  return (count + kPadding - 1) / kPadding * kPadding;
}

/// A rectangle of a model's tensor and its place among the flat parameters: element (r, c) of the
/// rectangle is flat[offset + r row_stride + c column_stride].
struct ParameterBlock {
  std::string tensor;
  std::size_t first_row = 0, rows = 0, first_column = 0, columns = 0;  ///< a bias has one column
  std::size_t offset = 0, row_stride = 0, column_stride = 0;
};

/// A dense layer y = W x + b among the flat parameters: W is [out][in] at `weight`, b [out] at
/// `bias`. Both dimensions are padded.
struct DenseSlot {
  std::size_t weight = 0, bias = 0;
  std::size_t out = 0, in = 0;
};

/// One interaction layer. Only what the energy depends on has a place (model.hpp, dead_rows()).
struct LayerSlots {
  std::size_t basis_weight = 0;  ///< W1, transposed: [R][H], so that the basis needs no padding
  std::size_t basis_bias = 0;    ///< c1 [H]
  DenseSlot filter;              ///< W2, c2: blocks f^s, f^2 (, f^1 behind the first layer)
  DenseSlot update_in;           ///< U1, e1: columns s', n
  DenseSlot update_out;          ///< U2, e2: blocks alpha (, beta before the last layer)
};

/// Where each live parameter of a model lies in one flat array, which is what optimisers see.
///
/// Of the embedding only the rows of `elements` are parameters. Entries between the blocks are
/// padding: they are zero and stay zero.
class ParameterLayout {
 public:
  /// Needs    a configuration within bounds; ascending atomic numbers.
  /// Errors   InputError for switches that training does not know: it takes cutoff_applied_to
  ///          filter, vector_mixing none, directional_message filter_times_source and
  ///          norm_epsilon > 0.
  ParameterLayout(const StudentConfig& config, std::vector<int> elements);

  StudentConfig config;
  std::vector<int> elements;  ///< atomic numbers; their index is an atom's species
  std::size_t hidden = 0;     ///< H, padded
  std::size_t n_rbf = 0;      ///< R, not padded
  std::size_t n_layers = 0;

  std::size_t embedding = 0;  ///< [species][H]
  std::vector<LayerSlots> layers;
  DenseSlot head_1, head_2;               ///< A1, a1 and A2, a2
  std::size_t head_3 = 0, head_bias = 0;  ///< A3 [H/4 padded], a3

  std::vector<ParameterBlock> blocks;
  std::size_t size = 0;  ///< of the flat array, padding included
  std::size_t live = 0;  ///< parameters in it

  /// Ranges [begin, end) of padding.
  std::vector<std::array<std::size_t, 2>> padding;

  /// Copies the tensors' values to the flat array (its padding becomes zero), and back. Back leaves
  /// whatever has no place, dead parameters and elements not trained on, as it is.
  template <class T>
  void gather(const Model& model, std::span<T> flat) const;
  template <class T>
  void scatter(std::span<const T> flat, Model& model) const;

 private:
  std::size_t reserve(std::size_t count);
  DenseSlot dense(std::size_t out, std::size_t in);
  void add_block(ParameterBlock block);
  void add_bias(const std::string& tensor,
                std::size_t first,
                std::size_t count,
                std::size_t offset);
  void add_layer(std::size_t layer);
  void add_head();
  void find_padding();
};

}  // namespace fusemd::train
