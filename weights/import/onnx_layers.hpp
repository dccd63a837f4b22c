// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "weights/import/onnx_graph.hpp"

namespace fusemd::checkpoint {

/// y = x W^T + b somewhere in a graph.
struct OnnxLinear {
  StoredTensor weight;               ///< [out, in]
  std::optional<StoredTensor> bias;  ///< [out]
  std::string_view output;
};

/// V <- M V.
struct OnnxMixing {
  StoredTensor matrix;  ///< [3, 3], M[out][in]
  int layer = 0;
};

/// The student's dense parts in the order of their use.
struct OnnxLayers {
  StoredTensor embedding;           ///< [max_z + 1, H]
  std::vector<OnnxLinear> filters;  ///< two a layer: W1, W2 of docs/model.md
  std::vector<OnnxLinear> updates;  ///< two a layer: U1, U2
  std::vector<OnnxLinear> head;     ///< three: A1, A2, A3
  std::vector<OnnxMixing> mixings;  ///< at most one a layer
};

/// Finds them by the flow of data:
///
///   embedding   the constant matrix whose rows are gathered by a graph input
///   a linear    Gemm with a constant matrix, or MatMul with one and a constant vector added behind
///   filters     the linears that no atom's features reach
///   updates     the others, but for the last three, which are the head
///   order       a linear from which more linears can be reached comes earlier: f1 of layer l
///   reaches
///               2 (L - l) + 4, and so on; this holds whatever order the file lists them in
///   mixing      MatMul or Einsum with a constant [3, 3]; its layer follows from how many updates
///               lie behind it
///
/// Errors   InputError without file: a graph that is not such a network.
OnnxLayers find_onnx_layers(const OnnxGraph& graph);

}  // namespace fusemd::checkpoint
