// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weights/import/stored_tensor.hpp"

namespace fusemd::checkpoint {

/// One operation of an ONNX graph, with the attributes that matter here.
struct OnnxNode {
  std::string_view op;
  std::vector<std::string_view> inputs, outputs;
  std::map<std::string_view, std::int64_t> integers;  ///< transA, transB, ...
  std::map<std::string_view, float> floats;           ///< alpha, beta, value_float
  std::vector<std::int64_t> perm;                     ///< of Transpose
  std::string_view equation;                          ///< of Einsum
  std::optional<StoredTensor> value;                  ///< of Constant
};

/// An ONNX model as read: operations, constants, and who uses what. Texts and numbers refer to the
/// bytes of the file.
struct OnnxGraph {
  std::string producer;         ///< "pytorch 2.5.1"
  std::vector<OnnxNode> nodes;  ///< in the order of the file
  std::unordered_map<std::string_view, StoredTensor> initializers;
  std::unordered_map<std::string_view, std::size_t> made_by;  ///< value -> node
  std::unordered_map<std::string_view, std::vector<std::size_t>> used_by;

  /// The node that makes a value, or null.
  const OnnxNode* maker(std::string_view value) const;

  /// A value that is the same for every input: an initialiser, a Constant, or either of them behind
  /// Identity, Transpose (of matrices), Cast to float, or Unsqueeze, Squeeze, Flatten and Reshape
  /// of vectors, which keep their numbers in order.
  std::optional<StoredTensor> constant(std::string_view value) const;
};

/// Reads the graph of an ONNX model.
///
/// Source   ONNX 1.12, onnx.proto: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto.
/// Work     one pass over the file; at most 20,000 operations and initialisers, 200,000 values.
/// Errors   InputError without file: not protobuf, no graph, numbers outside of the file (external
///          data are never opened), a tensor whose size is not its shape's, limits exceeded.
OnnxGraph read_onnx_graph(std::span<const std::byte> bytes);

}  // namespace fusemd::checkpoint
