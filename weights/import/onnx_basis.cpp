// SPDX-License-Identifier: MIT
#include "weights/import/onnx_basis.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "weights/error.hpp"

namespace fusemd::checkpoint {
namespace {

[[noreturn]] void refuse(std::string expected, std::string found) {
  throw InputError({.problem = "an ONNX graph whose radial basis is not a student's",
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = "export it from PyTorch, or save model.state_dict() with torch.save"});
}

std::size_t count_of(const StoredTensor& tensor) { return element_count(tensor.shape).value_or(0); }

/// Numbers of a constant of one or R numbers, else nothing.
std::optional<std::vector<double>> numbers(const std::optional<StoredTensor>& tensor,
                                           std::size_t num_rbf) {
  if (!tensor || tensor->type == ElementType::other) return {};
  if (count_of(*tensor) != 1 && count_of(*tensor) != num_rbf) return {};
  const std::vector<float> values = to_float32(*tensor).values;
  return std::vector<double>(values.begin(), values.end());
}

std::optional<StoredTensor> flat(std::optional<StoredTensor> tensor) {
  // A vector's numbers are one stride apart, whichever axis they lie on.
  std::size_t stride = 1;
  for (std::size_t axis = 0; axis < tensor->shape.size(); ++axis) {
    if (tensor->shape[axis] != 1) stride = tensor->strides[axis];
  }
  tensor->shape = {count_of(*tensor)};
  tensor->strides = {stride};
  return tensor;
}

/// Walks back from an Exp. The value of the exponent at d - mu = 1, for all k, is -gamma.
class Exponent {
 public:
  Exponent(const OnnxGraph& graph, std::size_t num_rbf) : graph_(graph), num_rbf_(num_rbf) {}

  /// For each k, or one number for all of them; nothing for expressions of other operations.
  std::optional<std::vector<double>> value(std::string_view name, int depth = 0) {
    if (depth > 24) return {};
    if (const auto constant = graph_.constant(name)) {
      if (constant->type != ElementType::other && count_of(*constant) == num_rbf_) {
        leaves.push_back(*constant);
      }
      return numbers(constant, num_rbf_);
    }
    const OnnxNode* node = graph_.maker(name);
    if (node == nullptr || node->inputs.empty()) return {};
    const auto input = [&](std::size_t i) { return value(node->inputs[i], depth + 1); };
    const auto map = [&](auto function) -> std::optional<std::vector<double>> {
      auto a = input(0);
      if (!a) return {};
      for (double& x : *a) x = function(x);
      return a;
    };
    const std::string_view op = node->op;
    if (op == "Neg") return map([](double x) { return -x; });
    if (op == "Reciprocal") return map([](double x) { return 1.0 / x; });
    if (op == "Sqrt") return map([](double x) { return std::sqrt(x); });
    if (op == "Abs") return map([](double x) { return std::abs(x); });
    if (op == "Identity" || op == "Cast" || op == "Unsqueeze" || op == "Squeeze" ||
        op == "Reshape" || op == "Expand") {
      return input(0);
    }
    if (node->inputs.size() != 2) return {};
    if (op == "Sub" && is_difference(*node)) return std::vector<double>{1.0};
    if (op == "Mul") return zip(input(0), input(1), [](double a, double b) { return a * b; });
    if (op == "Div") return zip(input(0), input(1), [](double a, double b) { return a / b; });
    if (op == "Pow") {
      return zip(input(0), input(1), [](double a, double b) { return std::pow(a, b); });
    }
    return {};
  }

  std::vector<StoredTensor> leaves;     ///< constants of R numbers, in the order of the walk
  std::optional<StoredTensor> centers;  ///< mu
  bool ambiguous = false;

 private:
  template <typename Function>
  static std::optional<std::vector<double>> zip(std::optional<std::vector<double>> a,
                                                std::optional<std::vector<double>> b,
                                                Function function) {
    if (!a || !b) return {};
    std::vector<double> result(std::max(a->size(), b->size()));
    for (std::size_t k = 0; k < result.size(); ++k) {
      result[k] = function((*a)[a->size() == 1 ? 0 : k], (*b)[b->size() == 1 ? 0 : k]);
    }
    return result;
  }

  /// d - mu, or mu - d.
  bool is_difference(const OnnxNode& node) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto constant = graph_.constant(node.inputs[i]);
      if (!constant || constant->type == ElementType::other || count_of(*constant) != num_rbf_ ||
          graph_.constant(node.inputs[1 - i])) {
        continue;
      }
      // (d - mu)^2 may be written as a product, which comes here twice for the same tensor.
      if (centers && centers->storage.data() != constant->storage.data()) ambiguous = true;
      centers = flat(constant);
      return true;
    }
    return false;
  }

  const OnnxGraph& graph_;
  std::size_t num_rbf_;
};

/// gamma as the module computes it from a width, in float32.
float gamma_of(float width) { return 1.0F / (width * width); }

/// The width that a folded gamma came from.
float width_of(double gamma, double even) {
  const auto target = static_cast<float>(gamma);
  const auto is_it = [&](float width) { return gamma_of(width) == target; };
  if (is_it(static_cast<float>(even))) return static_cast<float>(even);
  const auto start = static_cast<float>(1.0 / std::sqrt(gamma));
  float low = start, high = start;
  for (int steps = 0; steps < 4; ++steps) {
    if (is_it(low)) return low;
    if (is_it(high)) return high;
    low = std::nextafter(low, 0.0F);
    high = std::nextafter(high, std::numeric_limits<float>::infinity());
  }
  return start;
}

/// The float32 as the decimal that was meant: 5.2 and not 5.19999980926513671875.
double as_written(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value)).ptr;
  double result = value;
  std::from_chars(buffer, end, result);
  return result;
}

/// Distances are compared with the cutoff, to find pairs and to cut the basis.
std::optional<double> find_cutoff(const OnnxGraph& graph) {
  std::set<double> found;
  for (const OnnxNode& node : graph.nodes) {
    const bool compares = node.op == "LessOrEqual" || node.op == "Less" || node.op == "Greater" ||
                          node.op == "GreaterOrEqual";
    if (!compares || node.inputs.size() != 2) continue;
    for (const std::string_view input : node.inputs) {
      const auto value = numbers(graph.constant(input), 1);
      if (value && value->size() == 1 && value->front() > 0.0) found.insert(value->front());
    }
  }
  if (found.size() != 1) return {};
  return as_written(*found.begin());
}

}  // namespace

OnnxBasis find_onnx_basis(const OnnxGraph& graph, std::size_t num_rbf) {
  std::optional<OnnxBasis> basis;
  for (const OnnxNode& node : graph.nodes) {
    if (node.op != "Exp" || node.inputs.size() != 1) continue;
    Exponent exponent(graph, num_rbf);
    const auto value = exponent.value(node.inputs[0]);
    if (!value || !exponent.centers) continue;
    if (basis || exponent.ambiguous) refuse("one Gaussian of the distance", "several");
    basis.emplace();
    basis->centers = *exponent.centers;
    basis->cutoff = find_cutoff(graph);
    const auto gamma = [&](std::size_t k) { return -(*value)[value->size() == 1 ? 0 : k]; };
    for (const StoredTensor& leaf : exponent.leaves) {
      const std::vector<float> w = to_float32(leaf).values;
      bool fits = true;
      for (std::size_t k = 0; k < num_rbf; ++k) {
        const auto width = static_cast<double>(w[k]);
        fits = fits && std::abs(gamma(k) * width * width - 1.0) <= 1e-5;
      }
      if (fits) basis->widths = flat(leaf);
    }
    const std::vector<float> mu = to_float32(basis->centers).values;
    const double even =
        basis->cutoff.value_or(static_cast<double>(mu.back())) / static_cast<double>(num_rbf);
    for (std::size_t k = 0; k < num_rbf; ++k) {
      if (!(gamma(k) > 0.0) || !std::isfinite(gamma(k))) {
        refuse("exponents that fall with distance", "one that does not");
      }
      basis->computed_widths.push_back(width_of(gamma(k), even));
    }
  }
  if (!basis)
    refuse("exp(-gamma (d - mu)^2) with as many constants as the filters have inputs", "none");
  return *basis;
}

}  // namespace fusemd::checkpoint
