// SPDX-License-Identifier: MIT
#include "weights/import/onnx_layers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "weights/error.hpp"
#include "weights/model_check.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::size_t kMostLinears = 4 * ModelBounds::kMaxInteractions + 3;

[[noreturn]] void refuse(std::string expected, std::string found) {
  throw InputError({.problem = "an ONNX graph that is not a student's",
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = "export it from PyTorch, or save model.state_dict() with torch.save"});
}

bool is_matrix(const std::optional<StoredTensor>& tensor) {
  return tensor && tensor->shape.size() == 2 && tensor->type != ElementType::other;
}

bool is_mixing(const std::optional<StoredTensor>& tensor) {
  return is_matrix(tensor) && tensor->shape[0] == 3 && tensor->shape[1] == 3;
}

float attribute(const OnnxNode& node, std::string_view name, float otherwise) {
  const auto at = node.floats.find(name);
  return at == node.floats.end() ? otherwise : at->second;
}

bool flag(const OnnxNode& node, std::string_view name) {
  const auto at = node.integers.find(name);
  return at != node.integers.end() && at->second != 0;
}

/// Everything that can be reached from a value, without Shape: sizes carry no numbers.
class Reach {
 public:
  Reach(const OnnxGraph& graph, std::string_view from) {
    std::vector<std::string_view> open = {from};
    values_.insert(from);
    while (!open.empty()) {
      const std::string_view value = open.back();
      open.pop_back();
      const auto users = graph.used_by.find(value);
      if (users == graph.used_by.end()) continue;
      for (const std::size_t index : users->second) {
        const OnnxNode& node = graph.nodes[index];
        if (node.op == "Shape") continue;
        for (const std::string_view output : node.outputs) {
          if (values_.insert(output).second) open.push_back(output);
        }
      }
    }
  }
  bool has(std::string_view value) const { return values_.contains(value); }

 private:
  std::set<std::string_view> values_;
};

/// A vector of n numbers in whatever shape of ones around it.
std::optional<StoredTensor> vector_of(std::optional<StoredTensor> tensor, std::size_t n) {
  if (!tensor || tensor->type == ElementType::other) return {};
  for (std::size_t axis = 0; axis < tensor->shape.size(); ++axis) {
    const bool is_last = axis + 1 == tensor->shape.size();
    if (tensor->shape[axis] != (is_last ? n : 1)) return {};
  }
  if (tensor->shape.empty()) return {};
  tensor->strides = {tensor->strides.back()};
  tensor->shape = {n};
  return tensor;
}

std::optional<OnnxLinear> as_gemm(const OnnxGraph& graph, const OnnxNode& node) {
  if (node.op != "Gemm" || node.inputs.size() < 2 || node.outputs.empty()) return {};
  std::optional<StoredTensor> weight = graph.constant(node.inputs[1]);
  if (!is_matrix(weight) || is_mixing(weight)) return {};
  if (attribute(node, "alpha", 1.0F) != 1.0F || attribute(node, "beta", 1.0F) != 1.0F ||
      flag(node, "transA")) {
    return {};
  }
  if (!flag(node, "transB")) weight = transposed(*weight);
  OnnxLinear linear{*weight, {}, node.outputs[0]};
  if (node.inputs.size() > 2) {
    linear.bias = vector_of(graph.constant(node.inputs[2]), weight->shape[0]);
    if (!linear.bias) return {};
  }
  return linear;
}

std::optional<OnnxLinear> as_matmul(const OnnxGraph& graph, const OnnxNode& node) {
  if (node.op != "MatMul" || node.inputs.size() != 2 || node.outputs.empty()) return {};
  const std::optional<StoredTensor> weight = graph.constant(node.inputs[1]);
  if (!is_matrix(weight) || is_mixing(weight)) return {};
  OnnxLinear linear{transposed(*weight), {}, node.outputs[0]};
  const auto users = graph.used_by.find(node.outputs[0]);
  if (users == graph.used_by.end()) return linear;
  for (const std::size_t index : users->second) {
    const OnnxNode& next = graph.nodes[index];
    if (next.op != "Add" || next.inputs.size() != 2 || next.outputs.empty()) continue;
    const std::string_view other =
        next.inputs[0] == node.outputs[0] ? next.inputs[1] : next.inputs[0];
    if (auto bias = vector_of(graph.constant(other), weight->shape[1])) {
      linear.bias = std::move(bias);
      linear.output = next.outputs[0];
      break;
    }
  }
  return linear;
}

/// The matrix of `constant` in an Einsum such as "ij,njk->nik", as M[out][in]: the letter that the
/// result keeps is out, the one that the other operand has is in.
std::optional<StoredTensor> oriented(const StoredTensor& constant,
                                     std::size_t position,
                                     std::string_view equation) {
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string_view::npos || arrow == std::string_view::npos || comma > arrow)
    return {};
  std::string terms[2] = {std::string(equation.substr(0, comma)),
                          std::string(equation.substr(comma + 1, arrow - comma - 1))};
  for (std::string& term : terms) std::erase(term, ' ');
  const std::string_view matrix = terms[position], other = terms[1 - position];
  const std::string_view result = equation.substr(arrow + 2);
  if (matrix.size() != 2) return {};
  const auto within = [](std::string_view text, char c) {
    return text.find(c) != std::string_view::npos;
  };
  if (within(result, matrix[0]) && within(other, matrix[1])) return constant;
  if (within(result, matrix[1]) && within(other, matrix[0])) return transposed(constant);
  return {};
}

/// The constant of a node that multiplies Cartesian components by a 3 x 3 matrix.
std::optional<StoredTensor> as_mixing(const OnnxGraph& graph, const OnnxNode& node) {
  if (node.inputs.size() < 2 || node.outputs.empty()) return {};
  const bool is_product = node.op == "MatMul" || node.op == "Gemm" || node.op == "Einsum";
  if (!is_product) return {};
  for (std::size_t position = 0; position < 2; ++position) {
    const std::optional<StoredTensor> matrix = graph.constant(node.inputs[position]);
    if (!is_mixing(matrix)) continue;
    if (node.op == "Einsum") return oriented(*matrix, position, node.equation);
    if (node.op == "Gemm") {
      const bool is_transposed = flag(node, position == 0 ? "transA" : "transB");
      return (position == 0) != is_transposed ? *matrix : transposed(*matrix);
    }
    return position == 0 ? *matrix : transposed(*matrix);
  }
  return {};
}

/// The matrix whose rows are gathered by atomic numbers: the only Gather of a constant matrix of
/// floats by a value that is no constant.
std::pair<StoredTensor, std::string_view> find_embedding(const OnnxGraph& graph) {
  std::optional<std::pair<StoredTensor, std::string_view>> found;
  for (const OnnxNode& node : graph.nodes) {
    if (node.op != "Gather" || node.inputs.size() != 2 || node.outputs.empty()) continue;
    const auto axis = node.integers.find("axis");
    if (axis != node.integers.end() && axis->second != 0) continue;
    std::optional<StoredTensor> data = graph.constant(node.inputs[0]);
    if (!is_matrix(data) || graph.constant(node.inputs[1])) continue;
    if (found) refuse("one embedding", "two matrices whose rows are gathered");
    found = {*data, node.outputs[0]};
  }
  if (!found) refuse("an embedding: rows of a matrix gathered by atomic numbers", "none");
  return *found;
}

struct Ranked {
  OnnxLinear linear;
  std::size_t behind = 0;  ///< linears that can be reached from it
};

/// Those with more behind them first; refuses two of the same rank, whose order nothing tells.
std::vector<OnnxLinear> in_order(std::vector<Ranked> ranked, const char* what) {
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.behind > b.behind; });
  std::vector<OnnxLinear> result;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    if (i > 0 && ranked[i].behind == ranked[i - 1].behind) {
      refuse(std::string("one ") + what + " after the other", "two side by side");
    }
    result.push_back(std::move(ranked[i].linear));
  }
  return result;
}

}  // namespace

OnnxLayers find_onnx_layers(const OnnxGraph& graph) {
  OnnxLayers layers;
  std::string_view features;
  std::tie(layers.embedding, features) = find_embedding(graph);
  const Reach reached_by_atoms(graph, features);

  std::vector<OnnxLinear> linears;
  std::vector<std::pair<StoredTensor, std::string_view>> mixings;
  for (const OnnxNode& node : graph.nodes) {
    std::optional<OnnxLinear> linear = as_gemm(graph, node);
    if (!linear) linear = as_matmul(graph, node);
    if (linear) {
      if (linears.size() >= kMostLinears) {
        refuse("at most " + std::to_string(kMostLinears) + " dense layers", "more");
      }
      linears.push_back(std::move(*linear));
    } else if (auto matrix = as_mixing(graph, node)) {
      if (mixings.size() >= ModelBounds::kMaxInteractions) {
        refuse("one 3 x 3 matrix a layer", "more");
      }
      mixings.emplace_back(std::move(*matrix), node.outputs[0]);
    }
  }

  std::vector<Ranked> filters, others;
  for (const OnnxLinear& linear : linears) {
    const Reach reach(graph, linear.output);
    Ranked ranked{linear, 0};
    for (const OnnxLinear& other : linears) {
      if (other.output != linear.output && reach.has(other.output)) ++ranked.behind;
    }
    (reached_by_atoms.has(linear.output) ? others : filters).push_back(std::move(ranked));
  }
  if (filters.empty() || filters.size() % 2 != 0 || others.size() != filters.size() + 3) {
    refuse("two filter and two update layers for each interaction, and three in the energy head",
           std::to_string(filters.size()) + " filter layers and " + std::to_string(others.size()) +
               " others");
  }
  layers.filters = in_order(std::move(filters), "filter layer");
  layers.updates = in_order(std::move(others), "update layer");
  const auto head = layers.updates.end() - 3;
  layers.head.assign(head, layers.updates.end());
  layers.updates.erase(head, layers.updates.end());

  const int n_layers = static_cast<int>(layers.filters.size() / 2);
  std::set<int> taken;
  for (auto& [matrix, output] : mixings) {
    const Reach reach(graph, output);
    int behind = 0;
    for (const OnnxLinear& update : layers.updates) behind += reach.has(update.output) ? 1 : 0;
    const int layer = n_layers - 1 - behind / 2;
    if (!taken.insert(layer).second) refuse("one 3 x 3 matrix a layer", "two in one layer");
    layers.mixings.push_back({std::move(matrix), layer});
  }
  return layers;
}

}  // namespace fusemd::checkpoint
